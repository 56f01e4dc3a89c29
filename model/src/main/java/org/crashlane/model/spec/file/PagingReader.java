// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.crashlane.bits.BitField;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.ModeSpec.PagingUnit;
import org.crashlane.model.spec.ModeSpec.ReservedMemory;

/** Reads what all units with page tables have in common, and what firmware has devices use. */
final class PagingReader {
  private static final int UNITS = 16;
  private static final int RESERVED = 32;
  private static final int HOST_WIDTH_LEAST = 32;
  private static final int HOST_WIDTH_MOST = 52;
  private static final int IOVA_LIMIT_LEAST = 16;
  private static final int IOVA_LIMIT_USUAL = 32;
  private static final int NARROW = 39;
  private static final int WIDE = 48;

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
    Map<Long, Value> bases = new HashMap<>();
    for (Value value : mapping.required("units").items(1, UNITS)) {
      ObjectValue object = value.object(fields);
      U unit = one.apply(object);
      DeviceReader.onlyOne(names, unit.name(), object.required("name"));
      DeviceReader.onlyOne(bases, unit.registerBase(), object.required("registers"));
      units.add(unit);
    }
    return units;
  }

  long registers(ObjectValue unit, int sizeBytes) {
    return ModeReader.registers(unit.required("registers"), sizeBytes, ram);
  }

  static int addressWidth(ObjectValue unit, int usual) {
    return unit.optional("address-width").map(PagingReader::addressWidth).orElse(usual);
  }

  private static int addressWidth(Value value) {
    int width = value.number(NARROW, WIDE);
    if (width != NARROW && width != WIDE) {
      throw value.wrong(width + " bits: 39 or 48 wanted, three or four levels of table");
    }
    return width;
  }

  List<ReservedMemory> reserved() {
    List<ReservedMemory> reserved = new ArrayList<>();
    if (mapping.optional("reserved-memory").isPresent()) {
      for (Value value : mapping.required("reserved-memory").items(0, RESERVED)) {
        ObjectValue object = value.object(List.of("device", "range"));
        Value place = object.required("range");
        AddressRange range = MemoryReader.pages(place);
        if (ram.stream().noneMatch(r -> r.contains(range))) {
          throw place.wrong("%s is not in memory, which is at %s".formatted(range, ram));
        }
        reserved.add(new ReservedMemory(object.required("device").name(), range));
      }
    }
    return reserved;
  }

  /** Refuses reserved memory of devices that there are not. */
  static void checkDevices(Value reserved, List<DeviceSpec> devices) {
    List<String> names = devices.stream().map(DeviceSpec::name).toList();
    for (Value value : reserved.items(0, RESERVED)) {
      Value device = value.object(List.of("device", "range")).required("device");
      if (!names.contains(device.name())) {
        throw device.wrong(
            "no device is called %s: %s"
                .formatted(Value.quoted(device.name()), NearestName.choices(device.name(), names)));
      }
    }
  }
}
