// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import org.crashlane.bits.Hex;
import org.crashlane.linux.LinuxView;
import org.crashlane.linux.Remark;
import tools.jackson.databind.node.ArrayNode;
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
    ArrayNode units = node.putArray("units");
    view.units()
        .forEach(unit ->
            units
                .addObject()
                .put("name", unit.name())
                .put("offset", Hex.of(unit.offset()))
                .put("segment", unit.segment())
                .put("registerBase", Hex.of(unit.registerBase()))
                .put("takesAll", unit.takesAll()));
    AcpiJson.addNames(node, "devicesWithoutUnit", view.devicesWithoutUnit());
    ArrayNode regions = node.putArray("regions");
    view.regions()
        .forEach(region -> {
          ObjectNode one =
              regions
                  .addObject()
                  .put("name", region.name())
                  .put("segment", region.segment())
                  .put("first", Hex.of(region.range().first()))
                  .put("last", Hex.of(region.range().last()));
          AcpiJson.addNames(one, "devices", region.devices());
        });
    ArrayNode processors = node.putArray("processors");
    view.processors()
        .forEach(processor ->
            processors
                .addObject()
                .put("apicId", processor.apicId())
                .put("enabled", processor.isEnabled()));
    ArrayNode remarks = node.putArray("remarks");
    view.remarks().forEach(remark -> remarks.add(of(remark)));
    return node;
  }

  private static ObjectNode of(Remark remark) {
    return NODES
        .objectNode()
        .put("rule", remark.rule().id())
        .put("effect", remark.rule().effect().name())
        .put("table", remark.signature())
        .put("offset", Hex.of(remark.place().offset()))
        .put("reason", remark.place().reason())
        .put("kernelSource", remark.rule().source())
        .put("kernelVersions", remark.rule().versions())
        .put("kernelMessage", remark.rule().message());
  }
}
