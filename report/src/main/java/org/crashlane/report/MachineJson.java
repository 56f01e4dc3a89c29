// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.crashlane.report.JsonReport.array;
import static org.crashlane.report.JsonReport.names;

import java.util.Arrays;
import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.interrupt.Interrupts;
import org.crashlane.machine.Device;
import org.crashlane.machine.DmaMask;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.machine.Machine;
import org.crashlane.machine.MemoryEncryption;
import org.crashlane.machine.Source.Aspect;
import org.crashlane.machine.Unit;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What is known of a machine, for programs, and where each fact is from. */
public final class MachineJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private MachineJson() {}

  /** {@return all of {@code machine}; the sources are in the order of {@link Aspect}} */
  public static ObjectNode of(Machine machine) {
    List<Aspect> noted =
        Arrays.stream(Aspect.values()).filter(machine.sources()::containsKey).toList();
    return NODES
        .objectNode()
        .set("ram", array(machine.ram(), JsonReport::of))
        .set("reserved", array(machine.memory().reserved(), JsonReport::of))
        .set("encryption", of(machine.encryption()))
        .set("crashRanges", array(machine.crashRanges(), JsonReport::of))
        .set("units", array(machine.units(), MachineJson::of))
        .set("devices", array(machine.devices(), MachineJson::of))
        .set("firmwareRegions", array(machine.firmwareRegions(), MachineJson::of))
        .set("interrupts", of(machine.interrupts()))
        .set("sources", array(noted, aspect -> source(machine, aspect)));
  }

  private static ObjectNode of(MemoryEncryption encryption) {
    return switch (encryption) {
      case MemoryEncryption.None _ -> kind("NONE");
      case MemoryEncryption.Unknown _ -> kind("UNKNOWN");
      case MemoryEncryption.Guest _ -> kind("GUEST");
      case MemoryEncryption.Host(int bit, var capture) ->
          kind("HOST").put("bit", bit).put("capture", capture.name());
    };
  }

  private static ObjectNode kind(String kind) {
    return NODES.objectNode().put("kind", kind);
  }

  private static ObjectNode of(Unit unit) {
    return NODES
        .objectNode()
        .put("name", unit.name())
        .put("segment", unit.segment())
        .put("registerBase", Hex.of(unit.registerBase()))
        .set("devices", names(unit.devices()));
  }

  private static ObjectNode of(Device device) {
    ObjectNode node =
        NODES
            .objectNode()
            .put("address", device.address().toString())
            .set("aliases", names(device.aliases()))
            .put("name", device.name())
            .put("driver", device.binding().driver());
    if (device.binding().group() == Device.Binding.NO_GROUP) {
      node.putNull("group");
    } else {
      node.put("group", device.binding().group());
    }
    node.put("dump", device.role().name());
    put(node, "streamingMask", device.masks().streaming());
    put(node, "coherentMask", device.masks().coherent());
    return node.put("assignedToGuest", device.assignedToGuest());
  }

  private static void put(ObjectNode node, String name, DmaMask mask) {
    switch (mask) {
      case DmaMask.Known(long last) -> node.put(name, Hex.of(last));
      case DmaMask.Unknown _ -> node.putNull(name);
    }
  }

  private static ObjectNode of(FirmwareRegion region) {
    return JsonReport.of(region.range())
        .put("firstRequester", region.first().toString())
        .put("lastRequester", region.last().toString())
        .put("how", region.kind().name());
  }

  private static ObjectNode of(Interrupts interrupts) {
    ObjectNode node = NODES.objectNode();
    interrupts.processors().apicIds().forEach(node.putArray("apicIds")::add);
    return node.put("apicMode", interrupts.processors().mode().name())
        .set("controllers", names(interrupts.controllers()))
        .set("doorbells", array(interrupts.doorbells(), JsonReport::of));
  }

  private static ObjectNode source(Machine machine, Aspect aspect) {
    return NODES
        .objectNode()
        .put("of", aspect.name())
        .put("kind", machine.sources().get(aspect).kind().name())
        .put("place", machine.sources().get(aspect).place());
  }
}
