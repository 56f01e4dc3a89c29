// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.crashlane.report.JsonReport.array;
import static org.crashlane.report.JsonReport.names;

import org.crashlane.acpi.Madt;
import org.crashlane.bits.Hex;
import org.crashlane.linux.LinuxView;
import org.crashlane.linux.MappedRegion;
import org.crashlane.linux.Remark;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What Linux makes of firmware's tables, for programs; members stand in a fixed order. */
public final class LinuxViewJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private LinuxViewJson() {}

  /** {@return the view} */
  public static ObjectNode of(LinuxView view) {
    ObjectNode node = NODES.objectNode();
    if (view.isAboutIommus()) {
      node.put("translatesDma", view.translatesDma())
          .put("remapsInterrupts", view.interrupts().isPossible())
          .put("interruptsReason", LinuxViewText.why(view.interrupts()));
    } else {
      node.putNull("translatesDma").putNull("remapsInterrupts").putNull("interruptsReason");
    }
    return node.set("units", array(view.units(), LinuxViewJson::of))
        .set("devicesWithoutUnit", names(LinuxViewText.withoutUnit(view)))
        .set("regions", array(view.regions(), LinuxViewJson::of))
        .set("processors", array(view.processors(), LinuxViewJson::of))
        .set("remarks", array(view.remarks(), LinuxViewJson::of));
  }

  private static ObjectNode of(LinuxView.Unit unit) {
    return NODES
        .objectNode()
        .put("name", unit.name())
        .put("offset", Hex.of(unit.offset()))
        .put("segment", unit.segment())
        .put("registerBase", Hex.of(unit.registerBase()))
        .put("takesAll", unit.takesAll());
  }

  private static ObjectNode of(MappedRegion region) {
    return NODES
        .objectNode()
        .put("name", region.name())
        .put("segment", region.segment())
        .put("first", Hex.of(region.range().first()))
        .put("last", Hex.of(region.range().last()))
        .set("devices", names(region.devices()));
  }

  private static ObjectNode of(Madt.Processor processor) {
    return NODES
        .objectNode()
        .put("apicId", processor.apicId())
        .put("enabled", processor.isEnabled());
  }

  private static ObjectNode of(Remark remark) {
    return NODES
        .objectNode()
        .put("rule", remark.rule().id())
        .put("effect", remark.rule().effect().name())
        .put("table", remark.signature())
        .put("offset", Hex.of(remark.place().offset()))
        .put("reason", ReasonText.of(remark.place().reason()))
        .put("kernelSource", remark.rule().source())
        .put("kernelVersions", remark.rule().versions())
        .put("kernelMessage", remark.rule().message());
  }
}
