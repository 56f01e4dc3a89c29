// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.crashlane.report.JsonReport.array;
import static org.crashlane.report.JsonReport.names;

import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.TableId;
import org.crashlane.machine.Device;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Finding;
import org.crashlane.rule.Obstacle;
import org.crashlane.rule.Reading;
import org.crashlane.rule.Remedy;
import org.crashlane.rule.Sighting;
import org.crashlane.rule.Subject;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Findings for programs. A subject, a piece of evidence and a remedy each have a {@code kind} with
 * members of its own, and {@code text}, which is what people read.
 */
final class FindingJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private FindingJson() {}

  static ObjectNode of(Finding finding) {
    return NODES
        .objectNode()
        .put("code", finding.code().name())
        .put("severity", finding.severity().name())
        .set("subject", of(finding.subject()))
        .set("ranges", array(finding.ranges(), JsonReport::of))
        .set("evidence", evidence(finding.evidence()))
        .set("remedies", array(finding.remedies(), FindingJson::of));
  }

  static ArrayNode evidence(List<Evidence> evidence) {
    return array(evidence, FindingJson::of);
  }

  static ObjectNode kind(String kind) {
    return NODES.objectNode().put("kind", kind);
  }

  static ObjectNode of(Subject subject) {
    ObjectNode node =
        switch (subject) {
          case Subject.OfDevice(Device device) -> of(kind("device"), device);
          case Subject.Requesters(var requesters) ->
              kind("requesters").set("requesters", names(requesters));
          case Subject.IoApic(var requester) ->
              kind("io-apic").put("requester", requester.toString());
          case Subject.AddressSpace space ->
              of(kind("address-space"), space.table())
                  .set("users", names(space.users()))
                  .set("devices", array(space.devices(), d -> of(NODES.objectNode(), d)));
          case Subject.OfFirmware(var region) ->
              ranged("firmware-region", region.range())
                  .put("firstRequester", region.first().toString())
                  .put("lastRequester", region.last().toString());
          case Subject.NewTablePage(long address) ->
              kind("new-table-page").put("address", Hex.of(address));
          case Subject.Arena(AddressRange range) -> ranged("arena", range);
          case Subject.CrashRange(AddressRange range) -> ranged("crash-range", range);
          case Subject.Armed(String name) -> kind("armed").put("name", name);
          case Subject.Requests(Device device, var access) ->
              of(kind("requests"), device).put("access", access.name());
          case Subject.DriverOf(Device device) -> of(kind("driver"), device);
          case Subject.Part part -> kind("part").put("part", part.name());
        };
    return node.put("text", SubjectText.of(subject));
  }

  static ObjectNode of(ObjectNode node, Device device) {
    return node.put("requester", device.requester().toString()).put("name", device.name());
  }

  static ObjectNode of(ObjectNode node, TableId table) {
    return node.put("root", Hex.of(table.root())).put("levels", table.levels());
  }

  static ObjectNode ranged(String kind, AddressRange range) {
    return kind(kind).set("range", JsonReport.of(range));
  }

  static ObjectNode of(Evidence evidence) {
    ObjectNode node =
        switch (evidence) {
          case Evidence.Amount amount ->
              kind("amount")
                  .put("what", amount.what().name())
                  .put("count", amount.count())
                  .put("total", amount.total());
          case Evidence.Quote quote ->
              kind("quote").put("source", quote.source().name()).put("line", quote.line());
          case Evidence.Fact fact -> kind("fact").put("fact", fact.name());
          case Evidence.OfLinux linux ->
              kind("linux")
                  .put("what", linux.what().name())
                  .put("first", linux.first())
                  .put("source", linux.source());
          case Reading reading -> ReadingJson.of(reading);
          case Sighting sighting -> SightingJson.of(sighting);
          case Obstacle obstacle -> ObstacleJson.of(obstacle);
        };
    return node.put("text", EvidenceText.of(evidence));
  }

  static ObjectNode of(Remedy remedy) {
    ObjectNode node =
        switch (remedy) {
          case Remedy.KernelOption option ->
              kind("kernel-option")
                  .put("kernel", option.kernel().name())
                  .put("option", option.option());
          case Remedy.CrashRangeBelow(long limit) ->
              kind("crash-range-below").put("limit", Hex.of(limit));
          case Remedy.ReserveArena(long sizeBytes) ->
              kind("reserve-arena").put("sizeBytes", sizeBytes);
          case Remedy.PrepareInterrupts(int entryCount, var obstacles) ->
              kind("prepare-interrupts")
                  .put("entryCount", entryCount)
                  .set("obstacles", names(obstacles.stream().map(ReasonText::of).toList()));
          case Remedy.Step step -> kind("step").put("step", step.name());
        };
    return node.put("text", RemedyText.of(remedy));
  }
}
