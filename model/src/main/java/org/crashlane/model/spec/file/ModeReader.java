// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.crashlane.bits.Alignment;
import org.crashlane.iommu.calgary.Chip;
import org.crashlane.iommu.calgary.TableSize;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.model.spec.ModeSpec.Calgary;
import org.crashlane.model.spec.ModeSpec.Gart;
import org.crashlane.model.spec.ModeSpec.Nommu;
import org.crashlane.model.spec.ModeSpec.Phb;
import org.crashlane.model.spec.ModeSpec.Swiotlb;
import org.crashlane.rehearsal.MappingMode;

/** Reads how the primary kernel maps DMA. */
final class ModeReader {
  private static final String WANTED = "the field mode and what the mode needs";
  private static final int SEGMENT_BYTES = 256 << 10;
  private static final long APERTURE_UNIT_BYTES = 32L << 20;
  private static final int APERTURE_ORDER_MAX = 6;
  private static final AddressRange LOW_4_GIB = new AddressRange(0, 0xffff_ffffL);
  private static final int CALGARY_WINDOW_BYTES = 1 << 20;
  private static final int BRIDGE_WINDOWS = 16;

  private final ObjectValue mapping;
  private final List<AddressRange> ram;

  /**
   * @param ram the machine's memory, where no registers are
   */
  ModeReader(Value value, List<AddressRange> ram) {
    this.mapping = value.anyObject(WANTED);
    this.ram = ram;
  }

  ModeSpec mode() {
    MappingMode mode =
        mapping
            .required("mode")
            .choice(MachineReader.byLabel(MappingMode.values(), MappingMode::label));
    return switch (mode) {
      case NOMMU -> nommu();
      case SWIOTLB -> swiotlb();
      case GART -> gart();
      case CALGARY -> calgary();
      case VTD -> new VtdReader(mapping, ram).vtd();
      case AMDVI -> new AmdviReader(mapping, ram).amdvi();
    };
  }

  /** Checks what of the mapping names devices. */
  void checkDevices(ModeSpec mode, List<DeviceSpec> devices) {
    if (mode instanceof ModeSpec.Paging paging) {
      mapping
          .optional("reserved-memory")
          .ifPresent(reserved -> PagingReader.checkDevices(reserved, paging, devices));
    }
    if (mode instanceof ModeSpec.Amdvi amdvi) {
      AmdviReader.checkDevices(mapping, amdvi, devices);
    }
  }

  /** Checks what of the mapping depends on whose behaviour the kernels have. */
  void checkEra(ModeSpec mode, Era era) {
    if (mode instanceof ModeSpec.Amdvi) {
      AmdviReader.checkEra(mapping.required("mode"), era);
    }
  }

  private ModeSpec nommu() {
    mapping.withOnly(List.of("mode"));
    return new Nommu();
  }

  private ModeSpec swiotlb() {
    mapping.withOnly(List.of("mode", "pool", "force"));
    Optional<Value> pool = mapping.optional("pool");
    long poolBytes = pool.map(Value::sizeBytes).orElse(Swiotlb.DEFAULT_POOL_BYTES);
    if (!Alignment.isAligned(poolBytes, SEGMENT_BYTES)) {
      throw pool.orElseThrow().wrong("not a multiple of 256K, one segment of 128 slots");
    }
    if (ram.stream().noneMatch(r -> fits(poolBytes, r))) {
      throw pool.orElse(mapping.value()).wrong("no memory below 4 GiB has room for the pool");
    }
    return new Swiotlb(poolBytes, mapping.optional("force").map(Value::flag).orElse(false));
  }

  private static boolean fits(long poolBytes, AddressRange range) {
    return range
        .intersection(LOW_4_GIB)
        .filter(low -> Long.compareUnsigned(poolBytes, low.sizeBytes()) <= 0)
        .isPresent();
  }

  private ModeSpec gart() {
    mapping.withOnly(List.of("mode", "aperture", "northbridges", "translates-cpus", "full-flush"));
    Value aperture = mapping.required("aperture");
    AddressRange range = aperture.range();
    long sizeBytes = range.sizeBytes();
    int order = Long.numberOfTrailingZeros(sizeBytes / APERTURE_UNIT_BYTES);
    if (Long.bitCount(sizeBytes) != 1
        || sizeBytes < APERTURE_UNIT_BYTES
        || order > APERTURE_ORDER_MAX) {
      throw aperture.wrong("an aperture is 32M, 64M, 128M, 256M, 512M, 1G or 2G large");
    }
    if (!Alignment.isAligned(range.first(), sizeBytes) || !LOW_4_GIB.contains(range)) {
      throw aperture.wrong(range + " is not a multiple of its size below 4 GiB");
    }
    return new Gart(
        range.first(),
        order,
        mapping.optional("northbridges").map(n -> n.number(1, Gart.NORTHBRIDGES_MAX)).orElse(1),
        mapping.optional("translates-cpus").map(Value::flag).orElse(true),
        mapping.optional("full-flush").map(Value::flag).orElse(true));
  }

  private ModeSpec calgary() {
    mapping.withOnly(List.of("mode", "chip", "registers", "table-size", "phbs"));
    long registers = registers(mapping.required("registers"), CALGARY_WINDOW_BYTES, ram);
    List<AddressRange> windows = new ArrayList<>();
    windows.add(AddressRange.ofSize(registers, CALGARY_WINDOW_BYTES));
    List<Phb> phbs = new ArrayList<>();
    Map<String, Value> names = new HashMap<>();
    for (Value value : mapping.required("phbs").items(1, Chip.PHB_COUNT)) {
      ObjectValue object = value.object(List.of("name", "window", "bridge-windows"));
      String name = object.required("name").name();
      DeviceReader.onlyOne(names, name, object.required("name"));
      phbs.add(
          new Phb(
              name,
              object.optional("window").map(w -> ownWindow(w, windows)),
              object.optional("bridge-windows").map(this::deviceWindows).orElse(List.of())));
    }
    return new Calgary(
        mapping.required("chip").choice(chips()),
        registers,
        phbs,
        mapping.optional("table-size").map(size -> size.choice(tableSizes())));
  }

  /** Two bridges that answer to one address would both be wrong. */
  private AddressRange ownWindow(Value value, List<AddressRange> taken) {
    AddressRange range = deviceWindow(value);
    MemoryReader.apart(value, range, taken);
    taken.add(range);
    return range;
  }

  private List<AddressRange> deviceWindows(Value list) {
    return list.items(0, BRIDGE_WINDOWS).stream().map(this::deviceWindow).toList();
  }

  private AddressRange deviceWindow(Value value) {
    AddressRange range = MemoryReader.pages(value);
    MemoryReader.apart(value, range, ram);
    return range;
  }

  /** {@return where registers are: not in memory, at a multiple of their size} */
  static long registers(Value value, int sizeBytes, List<AddressRange> ram) {
    long base = value.address();
    if (!Alignment.isAligned(base, sizeBytes)) {
      throw value.wrong("registers are at a multiple of their size, " + (sizeBytes >> 10) + "K");
    }
    MemoryReader.apart(value, AddressRange.ofSize(base, sizeBytes), ram);
    return base;
  }

  private static Map<String, Chip> chips() {
    return MachineReader.byLabel(Chip.values(), chip -> chip.name().toLowerCase(Locale.ROOT));
  }

  private static Map<String, TableSize> tableSizes() {
    return MachineReader.byLabel(TableSize.values(), TableSize::meaning);
  }
}
