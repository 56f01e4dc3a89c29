// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.DeviceSpec.Trait;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.MappingMode;

/** Reads the devices of a machine. */
final class DeviceReader {
  private static final List<String> FIELDS =
      Stream.concat(
              Stream.of(
                  "name", "address", "alias", "kind", "dma-mask", "coherent-dma-mask", "unit"),
              Stream.of(Trait.values()).map(Trait::label))
          .toList();

  private static final int DEVICE_LIMIT = 4096;
  private static final int NARROWEST_MASK_BITS = 12;

  private final ModeSpec spec;
  private final MappingMode mode;
  private final List<String> units;

  /**
   * @param spec whose units the devices are behind
   */
  DeviceReader(ModeSpec spec) {
    this.spec = spec;
    this.mode = spec.mode();
    this.units = spec.unitNames();
  }

  List<DeviceSpec> devices(Value list) {
    List<DeviceSpec> devices = new ArrayList<>();
    Map<String, Value> takenNames = new HashMap<>();
    Map<RequesterId, Value> takenAddresses = new HashMap<>();
    for (Value value : list.items(1, DEVICE_LIMIT)) {
      ObjectValue object = value.object(FIELDS);
      DeviceSpec device = device(object);
      onlyOne(takenNames, device.name(), object.required("name"));
      onlyOne(takenAddresses, device.address(), object.required("address"));
      sameTreatment(object, device, devices);
      devices.add(device);
    }
    if (devices.stream().noneMatch(DeviceSpec::onDumpPath)) {
      throw list.wrong("no device has 'dump-path: true': what would the dump go through?");
    }
    return devices;
  }

  private DeviceSpec device(ObjectValue object) {
    DeviceKind kind =
        object
            .required("kind")
            .choice(MachineReader.byLabel(DeviceKind.values(), DeviceKind::label));
    int maskBits = mask(object, "dma-mask", Long.SIZE);
    DeviceSpec device =
        new DeviceSpec(
            object.required("name").name(),
            requester(object.required("address")),
            object.optional("alias").map(DeviceReader::requester),
            kind,
            maskBits,
            mask(object, "coherent-dma-mask", maskBits),
            unit(object),
            Stream.of(Trait.values())
                .filter(trait -> flag(object, trait.label()))
                .collect(Collectors.toSet()));
    check(object, device);
    return device;
  }

  private static int mask(ObjectValue object, String field, int usual) {
    return object
        .optional(field)
        .map(bits -> bits.number(NARROWEST_MASK_BITS, Long.SIZE))
        .orElse(usual);
  }

  private void check(ObjectValue object, DeviceSpec device) {
    checkSegment(object, device);
    if (device.alias().filter(device.address()::equals).isPresent()) {
      throw object.required("alias").wrong("is the device's own address: leave it out");
    }
    for (Trait trait : List.of(Trait.ASSIGNED_TO_GUEST, Trait.PASS_THROUGH)) {
      if (flag(object, trait.label()) && !(spec instanceof ModeSpec.Paging)) {
        throw object
            .required(trait.label())
            .wrong("needs mode vtd or amdvi, and this machine's is " + mode.label());
      }
    }
    if (device.assignedToGuest() && device.passThrough()) {
      throw object
          .required(Trait.PASS_THROUGH.label())
          .wrong("a device that a guest owns is translated, or the guest would own the machine");
    }
  }

  /** A unit's tables are about one segment. */
  private void checkSegment(ObjectValue object, DeviceSpec device) {
    if (units.isEmpty()) {
      return;
    }
    int own =
        spec instanceof ModeSpec.Paging paging
            ? paging.units().get(units.indexOf(device.unit())).segment()
            : 0;
    if (device.requester().segment() != own) {
      throw object
          .required(device.alias().isPresent() ? "alias" : "address")
          .wrong(
              "requests of segment %04x, and unit %s serves segment %04x: expected an alias in it"
                  .formatted(device.requester().segment(), device.unit(), own));
    }
  }

  /**
   * An IOMMU cannot tell devices apart whose requests carry one id: they share one context entry.
   */
  private static void sameTreatment(
      ObjectValue object, DeviceSpec device, List<DeviceSpec> others) {
    for (DeviceSpec other : others) {
      if (other.requester().equals(device.requester())
          && !(other.unit().equals(device.unit())
              && other.passThrough() == device.passThrough()
              && other.assignedToGuest() == device.assignedToGuest())) {
        throw object
            .value()
            .wrong(
                "its requests carry the id %s, as those of %s do: the two must have the same unit, pass-through and assigned-to-guest"
                    .formatted(device.requester(), other.name()));
      }
    }
  }

  private String unit(ObjectValue object) {
    Optional<Value> value = object.optional("unit");
    if (units.isEmpty()) {
      if (value.isPresent()) {
        throw value.get().wrong("a machine of mode " + mode.label() + " has no units");
      }
      return "";
    }
    if (value.isPresent()) {
      return unit(value.get());
    }
    if (mode != MappingMode.GART) {
      throw object
          .value()
          .wrong(
              "the field 'unit' is missing: behind which of %s is it?"
                  .formatted(String.join(", ", units)));
    }
    // Northbridges differ in what they cache, and in nothing else: the first will do.
    return units.getFirst();
  }

  private String unit(Value value) {
    String name = value.name();
    if (!units.contains(name)) {
      throw value.wrong(
          "no unit is called %s: %s"
              .formatted(Value.quoted(name), NearestName.choices(name, units)));
    }
    return name;
  }

  private static RequesterId requester(Value value) {
    return value.parsed("a PCI address such as 00:1f.2 or 10000:01:00.0", RequesterId::parse);
  }

  private static boolean flag(ObjectValue object, String name) {
    return object.optional(name).map(Value::flag).orElse(false);
  }

  /** Refuses a key that another place has. */
  static <K> void onlyOne(Map<K, Value> taken, K key, Value value) {
    Value first = taken.putIfAbsent(key, value);
    if (first != null) {
      throw value.wrong(
          "%s is already taken by %s in line %d"
              .formatted(key, first.path(), first.yaml().place().line()));
    }
  }
}
