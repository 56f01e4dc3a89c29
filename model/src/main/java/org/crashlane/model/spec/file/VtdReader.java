// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.crashlane.bits.BitField;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.model.spec.ModeSpec.ReservedMemory;
import org.crashlane.model.spec.ModeSpec.Vtd;
import org.crashlane.model.spec.ModeSpec.VtdUnit;

/** Reads the VT-d units of a machine, and what firmware has devices use. */
final class VtdReader {
  private static final List<String> FIELDS =
      List.of("mode", "host-address-width", "iova-limit", "units", "reserved-memory");
  private static final List<String> UNIT_FIELDS =
      List.of("name", "registers", "address-width", "superpages", "caching-mode");

  private static final int UNITS = 16;
  private static final int REGISTER_BYTES = 4096;
  private static final int RESERVED = 32;
  private static final int HOST_WIDTH_LEAST = 32;
  private static final int HOST_WIDTH_MOST = 52;
  private static final int HOST_WIDTH_USUAL = 39;
  private static final int IOVA_LIMIT_LEAST = 16;
  private static final int IOVA_LIMIT_MOST = 57;
  private static final int IOVA_LIMIT_USUAL = 32;
  private static final int NARROW = 39;
  private static final int WIDE = 48;

  private final ObjectValue mapping;
  private final List<AddressRange> ram;

  VtdReader(ObjectValue mapping, List<AddressRange> ram) {
    this.mapping = mapping.withOnly(FIELDS);
    this.ram = ram;
  }

  ModeSpec vtd() {
    int hostWidth = hostAddressWidth();
    List<VtdUnit> units = new ArrayList<>();
    Map<String, Value> names = new HashMap<>();
    Map<Long, Value> bases = new HashMap<>();
    for (Value value : mapping.required("units").items(1, UNITS)) {
      ObjectValue object = value.object(UNIT_FIELDS);
      VtdUnit unit = unit(object);
      DeviceReader.onlyOne(names, unit.name(), object.required("name"));
      DeviceReader.onlyOne(bases, unit.registerBase(), object.required("registers"));
      units.add(unit);
    }
    int iovaLimitBits =
        mapping
            .optional("iova-limit")
            .map(bits -> bits.number(IOVA_LIMIT_LEAST, IOVA_LIMIT_MOST))
            .orElse(IOVA_LIMIT_USUAL);
    return new Vtd(hostWidth, units, reserved(), iovaLimitBits);
  }

  private int hostAddressWidth() {
    Value place = mapping.optional("host-address-width").orElse(mapping.value());
    int width =
        mapping
            .optional("host-address-width")
            .map(bits -> bits.number(HOST_WIDTH_LEAST, HOST_WIDTH_MOST))
            .orElse(HOST_WIDTH_USUAL);
    long last = ram.getLast().last();
    if (last > BitField.lowMask(width)) {
      throw place.wrong("memory ends beyond an address width of " + width + " bits");
    }
    return width;
  }

  private VtdUnit unit(ObjectValue object) {
    return new VtdUnit(
        object.required("name").name(),
        ModeReader.registers(object.required("registers"), REGISTER_BYTES, ram),
        object.optional("address-width").map(VtdReader::addressWidth).orElse(WIDE),
        object.optional("superpages").map(Value::flag).orElse(true),
        object.optional("caching-mode").map(Value::flag).orElse(false));
  }

  private static int addressWidth(Value value) {
    int width = value.number(NARROW, WIDE);
    if (width != NARROW && width != WIDE) {
      throw value.wrong(width + " bits: 39 or 48 wanted, three or four levels of table");
    }
    return width;
  }

  private List<ReservedMemory> reserved() {
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
