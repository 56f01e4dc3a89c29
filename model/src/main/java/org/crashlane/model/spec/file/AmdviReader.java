// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.amdvi.DeviceTableEntry;
import org.crashlane.machine.MemoryEncryption;
import org.crashlane.machine.MemoryEncryption.CaptureDma;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.model.spec.ModeSpec.Amdvi;
import org.crashlane.model.spec.ModeSpec.AmdviUnit;
import org.crashlane.model.spec.ModeSpec.Encryption;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Adoption;

/** Reads the AMD IOMMUs of a machine. */
final class AmdviReader {
  private static final List<String> FIELDS =
      List.of(
          "mode",
          "host-address-width",
          "iova-limit",
          "units",
          "reserved-memory",
          "device-table",
          "adoption",
          "snp",
          "memory-encryption-bit",
          "capture-dma",
          "second-window");
  private static final List<String> UNIT_FIELDS =
      List.of("name", "registers", "segment", "address-width", "caches-absent");
  private static final List<Integer> WIDTHS = List.of(39, 48);

  private static final int REGISTER_BYTES = 16 << 10;
  private static final int HOST_WIDTH_USUAL = 48;

  /** Beyond it are HyperTransport's special addresses. */
  private static final int IOVA_LIMIT_MOST = 39;

  private static final int NARROW = 39;
  private static final long PAGE_BYTES = 4096;

  /** 65,536 entries. */
  private static final long DEVICE_TABLE_MOST = 2L << 20;

  /** CPUID has 47 or 51; addresses in tables end at 51. */
  private static final int BIT_LEAST = 47;

  private static final int BIT_MOST = 51;

  private final ObjectValue mapping;
  private final List<AddressRange> ram;
  private final PagingReader reader;

  AmdviReader(ObjectValue mapping, List<AddressRange> ram) {
    this.mapping = mapping.withOnly(FIELDS);
    this.ram = ram;
    this.reader = new PagingReader(mapping, ram);
  }

  ModeSpec amdvi() {
    int hostAddressWidth = reader.hostAddressWidth(HOST_WIDTH_USUAL);
    List<AmdviUnit> units = reader.units(UNIT_FIELDS, this::unit);
    return new Amdvi(
        hostAddressWidth,
        units,
        reader.reserved(units, REGISTER_BYTES),
        reader.iovaLimit(IOVA_LIMIT_MOST),
        deviceTableBytes(),
        mapping
            .optional("adoption")
            .map(a -> a.choice(byLowerCase(Adoption.values())))
            .orElse(Adoption.COPY),
        mapping.optional("snp").map(Value::flag).orElse(false),
        encryption());
  }

  private Encryption encryption() {
    Optional<Value> bit = mapping.optional("memory-encryption-bit");
    if (bit.isEmpty()) {
      for (String field : List.of("capture-dma", "second-window")) {
        mapping
            .optional(field)
            .ifPresent(value -> {
              throw value.wrong("memory is not encrypted: 'memory-encryption-bit' is missing");
            });
      }
      return Encryption.NONE;
    }
    int number = bit.get().number(BIT_LEAST, BIT_MOST);
    long end = ram.getLast().last();
    if (end >>> number != 0) {
      throw bit.get()
          .wrong("memory ends at %s, and bit %d is no address".formatted(Hex.of(end), number));
    }
    CaptureDma capture =
        mapping
            .optional("capture-dma")
            .map(c -> c.choice(byLowerCase(CaptureDma.values())))
            .orElse(CaptureDma.ENCRYPTED);
    return new Encryption(
        new MemoryEncryption.Host(number, capture),
        mapping.optional("second-window").map(Value::flag).orElse(false));
  }

  private AmdviUnit unit(ObjectValue object) {
    return new AmdviUnit(
        object.required("name").name(),
        reader.registers(object, REGISTER_BYTES),
        PagingReader.segment(object),
        PagingReader.addressWidth(object, NARROW, WIDTHS),
        object.optional("caches-absent").map(Value::flag).orElse(false));
  }

  private OptionalLong deviceTableBytes() {
    Optional<Value> value = mapping.optional("device-table");
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    long sizeBytes = value.get().sizeBytes();
    if (Long.bitCount(sizeBytes) != 1 || sizeBytes < PAGE_BYTES || sizeBytes > DEVICE_TABLE_MOST) {
      throw value.get().wrong("a device table is 4K, 8K and so on up to 2M large");
    }
    return OptionalLong.of(sizeBytes);
  }

  /** The table must have an entry for each id that devices have or lend. */
  static void checkDevices(ObjectValue mapping, Amdvi amdvi, List<DeviceSpec> devices) {
    if (!amdvi.encryption().equals(Encryption.NONE)) {
      devices.stream()
          .filter(DeviceSpec::passThrough)
          .forEach(device -> {
            throw mapping
                .required("memory-encryption-bit")
                .wrong("device %s passes through: not modelled with it".formatted(device.name()));
          });
    }
    long sizeBytes = amdvi.deviceTableBytes().orElse(DEVICE_TABLE_MOST);
    for (DeviceSpec device : devices) {
      for (RequesterId id : List.of(device.address(), device.requester())) {
        if (amdvi.units().stream().anyMatch(u -> u.segment() == id.segment())
            && (id.value() + 1L) * DeviceTableEntry.BYTES > sizeBytes) {
          throw mapping
              .required("device-table")
              .wrong(
                  "a table of %dK has %d entries: none for %s, which is %s"
                      .formatted(
                          sizeBytes >> 10, sizeBytes / DeviceTableEntry.BYTES, id, device.name()));
        }
      }
    }
  }

  /** Linux 2.6.27's AMD driver is another, with tables of 64 MiB, and is not modelled. */
  static void checkEra(Value mode, Era era) {
    if (era != Era.LINUX_6) {
      throw mode.wrong("amdvi is modelled as Linux of today has it: expected era today");
    }
  }

  private static <E extends Enum<E>> Map<String, E> byLowerCase(E[] values) {
    return MachineReader.byLabel(values, value -> value.name().toLowerCase(Locale.ROOT));
  }
}
