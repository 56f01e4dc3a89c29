// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.iommu.calgary.Chip;
import org.crashlane.iommu.calgary.TableSize;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.Workload;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Adoption;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;

/**
 * Machines so small that all that can happen on them can be tried: half a mebibyte of memory, a
 * card that goes on writing, a disk that takes the dump. Their devices reach so little that bus
 * addresses fall among those of memory, as they do on a real machine whose memory is large.
 */
public final class SmallMachine {
  private static final AddressRange RAM = AddressRange.parse("0x0-0x7ffff");
  private static final AddressRange UPPER_HALF = AddressRange.parse("0x40000-0x7ffff");
  private static final AddressRange TWICE_THE_RAM = AddressRange.parse("0x0-0xfffff");
  private static final AddressRange HIGH_RAM = AddressRange.parse("0x100000000-0x10003ffff");
  private static final long APERTURE = 0xe000_0000L;
  private static final int CHUNK_BYTES = 1 << 16;
  private static final int RING_COUNT = 2;
  private static final int POSTS = 2;
  private static final int MASK_BITS = 19;
  private static final int WIDE_MASK_BITS = 32;
  private static final String UNIT = "unit";

  private SmallMachine() {}

  /** {@return all orders of {@code strategy} on the small machine of {@code mode}} */
  public static CrashPlan plan(MappingMode mode, Strategy strategy) {
    return plan(of(mode), strategy);
  }

  /** {@return all orders of {@code strategy} on {@code machine}, which should be as small} */
  public static CrashPlan plan(MachineSpec machine, Strategy strategy) {
    return CrashPlan.of(machine, strategy)
        .withWorkload(new Workload(RING_COUNT, POSTS, false, CHUNK_BYTES));
  }

  /**
   * {@return the small machine of {@code mode}} Where the mode only matters for memory beyond a
   * device's reach, there is some; the crash range is where bus addresses are handed out first.
   */
  public static MachineSpec of(MappingMode mode) {
    return switch (mode) {
      case NOMMU -> machine(new ModeSpec.Nommu());
      case SWIOTLB ->
          machine(
              Era.LINUX_2_6_27,
              List.of(TWICE_THE_RAM),
              AddressRange.parse("0xc0000-0xfffff"),
              MASK_BITS,
              new ModeSpec.Swiotlb(1 << 18, false));
      case GART ->
          machine(
              Era.LINUX_2_6_27,
              List.of(RAM, HIGH_RAM),
              UPPER_HALF,
              WIDE_MASK_BITS,
              new ModeSpec.Gart(APERTURE, 0, 1, true, false));
      case CALGARY ->
          machine(
              Era.LINUX_2_6_27,
              List.of(RAM),
              AddressRange.parse("0x20000-0x5ffff"),
              MASK_BITS,
              new ModeSpec.Calgary(
                  Chip.CALGARY,
                  0xfe00_0000L,
                  List.of(new ModeSpec.Phb(UNIT, Optional.empty(), List.of())),
                  Optional.of(TableSize.KIB_64)));
      case VTD ->
          machine(
              new ModeSpec.Vtd(
                  39,
                  List.of(new ModeSpec.VtdUnit(UNIT, 0xfed9_0000L, 39, true, false)),
                  List.of(),
                  MASK_BITS));
      case AMDVI ->
          machine(
              Era.LINUX_6,
              List.of(RAM),
              UPPER_HALF,
              MASK_BITS,
              new ModeSpec.Amdvi(
                  48,
                  List.of(new ModeSpec.AmdviUnit(UNIT, 0xfed8_0000L, 39, false)),
                  List.of(),
                  MASK_BITS,
                  OptionalLong.empty(),
                  Adoption.COPY,
                  false,
                  ModeSpec.Encryption.NONE));
    };
  }

  private static MachineSpec machine(ModeSpec spec) {
    return machine(Era.LINUX_2_6_27, List.of(RAM), UPPER_HALF, MASK_BITS, spec);
  }

  private static MachineSpec machine(
      Era era, List<AddressRange> ram, AddressRange crashRange, int nicMaskBits, ModeSpec spec) {
    return new MachineSpec(
        "small " + spec.mode().label(),
        "a machine of 128 pages, to try every order of things on",
        era,
        ram,
        List.of(crashRange),
        List.of(
            device("nic", "00:02.0", DeviceKind.RECEIVER, nicMaskBits, false),
            device("disk", "00:01.0", DeviceKind.STORAGE, WIDE_MASK_BITS, true)),
        spec);
  }

  private static DeviceSpec device(
      String name, String at, DeviceKind kind, int maskBits, boolean onDumpPath) {
    return new DeviceSpec(
            name,
            RequesterId.parse(at),
            Optional.empty(),
            kind,
            maskBits,
            UNIT,
            DeviceSpec.Trait.RESET_BY_DRIVER,
            DeviceSpec.Trait.STOPS_ON_FAULT)
        .with(DeviceSpec.Trait.ON_DUMP_PATH, onDumpPath);
  }
}
