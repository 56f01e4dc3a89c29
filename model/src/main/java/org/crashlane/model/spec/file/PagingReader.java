// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.model.spec.ModeSpec.PagingUnit;
import org.crashlane.model.spec.ModeSpec.ReservedMemory;

/** Reads what all units with page tables have in common, and what firmware has devices use. */
final class PagingReader {
  private static final int RESERVED = MachineReader.LIST_LIMIT;

  /** Of 16 bits in ACPI tables. */
  private static final int SEGMENT_MAX = 0xffff;

  private static final int HOST_WIDTH_LEAST = 32;
  private static final int HOST_WIDTH_MOST = 52;
  private static final int IOVA_LIMIT_LEAST = 16;
  private static final int IOVA_LIMIT_USUAL = 32;

  private final ObjectValue mapping;
  private final List<AddressRange> ram;

  PagingReader(ObjectValue mapping, List<AddressRange> ram) {
    this.mapping = mapping;
    this.ram = ram;
  }

  int hostAddressWidth(int usual) {
    Value place = mapping.optional("host-address-width").orElse(mapping.value());
    int width =
        mapping
            .optional("host-address-width")
            .map(bits -> bits.number(HOST_WIDTH_LEAST, HOST_WIDTH_MOST))
            .orElse(usual);
    long last = ram.getLast().last();
    if (last > BitField.lowMask(width)) {
      throw place.wrong("memory ends beyond an address width of " + width + " bits");
    }
    return width;
  }

  int iovaLimit(int most) {
    return mapping
        .optional("iova-limit")
        .map(bits -> bits.number(IOVA_LIMIT_LEAST, most))
        .orElse(IOVA_LIMIT_USUAL);
  }

  /** {@return the units, no two of which share name or registers} */
  <U extends PagingUnit> List<U> units(List<String> fields, Function<ObjectValue, U> one) {
    List<U> units = new ArrayList<>();
    Map<String, Value> names = new HashMap<>();
    Map<String, Value> bases = new HashMap<>();
    for (Value value : mapping.required("units").items(1, MachineReader.LIST_LIMIT)) {
      ObjectValue object = value.object(fields);
      U unit = one.apply(object);
      DeviceReader.onlyOne(names, unit.name(), object.required("name"));
      DeviceReader.onlyOne(bases, Hex.of(unit.registerBase()), object.required("registers"));
      units.add(unit);
    }
    return units;
  }

  long registers(ObjectValue unit, int sizeBytes) {
    return ModeReader.registers(unit.required("registers"), sizeBytes, ram);
  }

  static int segment(ObjectValue unit) {
    return unit.optional("segment").map(s -> s.number(0, SEGMENT_MAX)).orElse(0);
  }

  /**
   * {@return bits of a unit's bus addresses, of the widths that tables of whole levels have}
   *
   * @param widths those that units of the kind have, in rising order
   */
  static int addressWidth(ObjectValue unit, int usual, List<Integer> widths) {
    return unit.optional("address-width").map(w -> addressWidth(w, widths)).orElse(usual);
  }

  private static int addressWidth(Value value, List<Integer> widths) {
    int width = value.number(widths.getFirst(), widths.getLast());
    if (!widths.contains(width)) {
      String choices = widths.stream().map(String::valueOf).collect(Collectors.joining(" or "));
      throw value.wrong(width + " bits: expected " + choices + ", whole levels of table");
    }
    return width;
  }

  /**
   * {@return memory that firmware has devices use}
   *
   * @param units whose registers no device writes
   * @param registerBytes what each of them takes
   */
  List<ReservedMemory> reserved(List<? extends PagingUnit> units, int registerBytes) {
    List<AddressRange> registers =
        units.stream().map(u -> AddressRange.ofSize(u.registerBase(), registerBytes)).toList();
    List<ReservedMemory> reserved = new ArrayList<>();
    if (mapping.optional("reserved-memory").isPresent()) {
      for (Value value : mapping.required("reserved-memory").items(0, RESERVED)) {
        ObjectValue object = value.object(List.of("device", "range"));
        Value place = object.required("range");
        AddressRange range = MemoryReader.pages(place);
        inMemoryOrBeside(place, range);
        MemoryReader.apart(place, range, registers);
        reserved.add(new ReservedMemory(object.required("device").name(), range));
      }
    }
    return reserved;
  }

  /** Firmware takes memory of the kernel's, or of its own: one range is not both. */
  private void inMemoryOrBeside(Value place, AddressRange range) {
    if (range.overlaps(InterruptWindow.RANGE)) {
      throw place.wrong("there is no memory at " + InterruptWindow.RANGE + ": interrupts");
    }
    for (AddressRange memory : ram) {
      if (range.overlaps(memory) && !memory.contains(range)) {
        throw place.wrong("%s is partly in memory, which is at %s".formatted(range, memory));
      }
    }
  }

  /** Refuses reserved memory of devices that there are not, or that do not reach it. */
  static void checkDevices(Value reserved, ModeSpec.Paging spec, List<DeviceSpec> devices) {
    Map<String, DeviceSpec> byName = new LinkedHashMap<>();
    devices.forEach(device -> byName.put(device.name(), device));
    for (Value value : reserved.items(0, RESERVED)) {
      ObjectValue object = value.object(List.of("device", "range"));
      Value name = object.required("device");
      DeviceSpec device = byName.get(name.name());
      if (device == null) {
        throw name.wrong(
            "no device is called %s: %s"
                .formatted(
                    Value.quoted(name.name()), NearestName.choices(name.name(), byName.keySet())));
      }
      checkReach(object.required("range"), spec, device);
    }
  }

  private static void checkReach(Value range, ModeSpec.Paging spec, DeviceSpec device) {
    int unit = spec.unitNames().indexOf(device.unit());
    int tableBits = Math.min(spec.units().get(unit).addressWidth(), spec.hostAddressWidth());
    int bits = Math.min(device.dmaMaskBits(), tableBits);
    if (range.range().last() > BitField.lowMask(bits)) {
      throw range.wrong(
          "%s is beyond what device %s can be given: %d bits"
              .formatted(range.range(), device.name(), bits));
    }
  }
}
