// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.iommu.calgary.Chip;
import org.crashlane.iommu.calgary.TableSize;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.model.spec.file.MachineFile;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Adoption;
import org.crashlane.rehearsal.MappingMode;

/**
 * Small machines on which a mistake has much occasion to show: little memory, few bus addresses,
 * which come again soon, and a crash range in two parts amidst them.
 */
public final class TrialMachines {
  private static final AddressRange HALF_MEBIBYTE = AddressRange.parse("0x0-0x7ffff");
  private static final List<AddressRange> LOW_CRASH_RANGES =
      ranges("0x20000-0x3ffff,0x40000-0x5ffff");
  private static final List<AddressRange> HIGH_CRASH_RANGES =
      ranges("0x40000-0x5ffff,0x60000-0x7ffff");
  private static final int MASK_BITS = 19;
  private static final int APERTURE_MASK_BITS = 27;
  private static final int WIDE_MASK_BITS = 32;

  private TrialMachines() {}

  /**
   * {@return machines of {@code mode} that are described in files: each has something at its edge}
   */
  static List<MachineSpec> described(MappingMode mode) {
    List<String> kinds =
        switch (mode) {
          case NOMMU -> List.of();
          case SWIOTLB -> List.of();
          case GART -> List.of("far", "over-ram");
          case CALGARY -> List.of("far", "windows");
          case VTD, AMDVI -> List.of("far", "window", "firmware", "units");
        };
    return kinds.stream().map(kind -> read(mode.label() + "-" + kind)).toList();
  }

  private static MachineSpec read(String name) {
    String file = "trials/" + name + ".yaml";
    try (InputStream in = TrialMachines.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("not part of the program: " + file);
      }
      return MachineFile.read(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(file, e);
    }
  }

  /** {@return a mebibyte, of which the card reaches the lower half; the pool is there} */
  static MachineSpec swiotlb() {
    return machine(
        "small swiotlb",
        ranges("0x0-0xfffff"),
        ranges("0x80000-0x9ffff,0xa0000-0xbffff"),
        List.of(nic(MASK_BITS, "", false), disk("")),
        new ModeSpec.Swiotlb(1 << 18, false));
  }

  /** {@return memory that the card reaches, and as much that it reaches by the aperture alone} */
  static MachineSpec gart() {
    return machine(
        "small gart",
        ranges("0x0-0x1fffff,0x8000000-0x807ffff"),
        ranges("0x1c0000-0x1dffff,0x1e0000-0x1fffff"),
        List.of(nic(APERTURE_MASK_BITS, "nb1", true), disk("nb0")),
        new ModeSpec.Gart(0x400_0000L, 0, 2, true, false));
  }

  /** {@return a bridge for each device, with few addresses for the card} */
  static MachineSpec calgary() {
    return machine(
        "small calgary",
        ranges("0x0-0xfffff"),
        LOW_CRASH_RANGES,
        List.of(nic(MASK_BITS + 1, "phb1", true), disk("phb0")),
        new ModeSpec.Calgary(
            Chip.CALGARY,
            0xfe00_0000L,
            List.of(
                new ModeSpec.Phb("phb0", Optional.empty(), List.of()),
                new ModeSpec.Phb("phb1", Optional.empty(), List.of())),
            Optional.of(TableSize.KIB_64)));
  }

  /**
   * {@return addresses from the top down, where the crash range is}
   *
   * @param cachesAbsent true if the unit caches entries that are not present, too
   */
  static MachineSpec vtd(boolean cachesAbsent) {
    return machine(
        cachesAbsent ? "small vtd, caching" : "small vtd",
        List.of(HALF_MEBIBYTE),
        HIGH_CRASH_RANGES,
        List.of(nic(MASK_BITS, "unit", true), disk("unit")),
        new ModeSpec.Vtd(
            39,
            List.of(new ModeSpec.VtdUnit("unit", 0xfed9_0000L, 39, true, cachesAbsent)),
            List.of(),
            MASK_BITS));
  }

  /**
   * {@return the same with an AMD IOMMU}
   *
   * @param cachesAbsent true if the unit caches entries that are not present, too
   */
  static MachineSpec amdvi(boolean cachesAbsent) {
    return machine(
        cachesAbsent ? "small amdvi, caching" : "small amdvi",
        List.of(HALF_MEBIBYTE),
        HIGH_CRASH_RANGES,
        List.of(nic(MASK_BITS, "unit", true), disk("unit")),
        new ModeSpec.Amdvi(
            48,
            List.of(new ModeSpec.AmdviUnit("unit", 0xfed8_0000L, 39, cachesAbsent)),
            List.of(),
            MASK_BITS,
            OptionalLong.empty(),
            Adoption.COPY,
            false,
            ModeSpec.Encryption.NONE));
  }

  private static MachineSpec machine(
      String name,
      List<AddressRange> ram,
      List<AddressRange> crashRanges,
      List<DeviceSpec> devices,
      ModeSpec mode) {
    return new MachineSpec(
        name, "a machine on which mistakes show soon", era(mode), ram, crashRanges, devices, mode);
  }

  /** Units that cache what is absent are those of today's virtual machines. */
  private static Era era(ModeSpec mode) {
    boolean today =
        mode instanceof ModeSpec.Amdvi
            || (mode instanceof ModeSpec.Vtd vtd && vtd.units().getFirst().cachesAbsent());
    return today ? Era.LINUX_6 : Era.LINUX_2_6_27;
  }

  private static DeviceSpec nic(int maskBits, String unit, boolean onDumpPath) {
    return device("nic", "00:02.0", DeviceKind.RECEIVER, maskBits, unit, onDumpPath);
  }

  private static DeviceSpec disk(String unit) {
    return device("disk", "00:01.0", DeviceKind.STORAGE, WIDE_MASK_BITS, unit, true);
  }

  private static DeviceSpec device(
      String name, String at, DeviceKind kind, int maskBits, String unit, boolean onDumpPath) {
    return new DeviceSpec(
            name,
            RequesterId.parse(at),
            Optional.empty(),
            kind,
            maskBits,
            unit,
            DeviceSpec.Trait.RESET_BY_DRIVER)
        .with(DeviceSpec.Trait.ON_DUMP_PATH, onDumpPath);
  }

  private static List<AddressRange> ranges(String text) {
    return List.of(text.split(",")).stream().map(AddressRange::parse).toList();
  }

  /** {@return the seeded fault of this name} */
  public static SeededFault fault(String name) {
    return SeededFaults.all().stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow();
  }
}
