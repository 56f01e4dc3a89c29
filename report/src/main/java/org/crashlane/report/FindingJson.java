// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.TableId;
import org.crashlane.machine.Device;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.Quote;
import org.crashlane.rule.Finding;
import org.crashlane.rule.Obstacle;
import org.crashlane.rule.Reading;
import org.crashlane.rule.Remedy;
import org.crashlane.rule.Remedy.CrashRangeBelow;
import org.crashlane.rule.Remedy.KernelOption;
import org.crashlane.rule.Remedy.PrepareInterrupts;
import org.crashlane.rule.Remedy.ReserveArena;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Sighting;
import org.crashlane.rule.Subject;
import org.crashlane.rule.Subject.AddressSpace;
import org.crashlane.rule.Subject.Arena;
import org.crashlane.rule.Subject.Armed;
import org.crashlane.rule.Subject.CrashRange;
import org.crashlane.rule.Subject.IoApic;
import org.crashlane.rule.Subject.NewTablePage;
import org.crashlane.rule.Subject.OfDevice;
import org.crashlane.rule.Subject.OfFirmware;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Subject.Party;
import org.crashlane.rule.Subject.Requesters;
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
    ObjectNode node =
        NODES
            .objectNode()
            .put("code", finding.code().name())
            .put("severity", finding.severity().name());
    node.set("subject", of(finding.subject()));
    node.set("ranges", array(finding.ranges(), JsonReport::of));
    node.set("evidence", evidence(finding.evidence()));
    node.set("remedies", array(finding.remedies(), FindingJson::of));
    return node;
  }

  static ArrayNode evidence(List<Evidence> evidence) {
    return array(evidence, FindingJson::of);
  }

  static <T> ArrayNode array(Collection<T> all, Function<? super T, ObjectNode> each) {
    ArrayNode array = NODES.arrayNode();
    all.forEach(one -> array.add(each.apply(one)));
    return array;
  }

  /** {@return an array of what {@code all} are called} */
  static ArrayNode names(Collection<?> all) {
    ArrayNode array = NODES.arrayNode();
    all.forEach(one -> array.add(one.toString()));
    return array;
  }

  static ObjectNode kind(String kind) {
    return NODES.objectNode().put("kind", kind);
  }

  static ObjectNode of(Subject subject) {
    ObjectNode node =
        switch (subject) {
          case OfDevice(Device device) -> of(kind("device"), device);
          case Requesters(var requesters) -> {
            ObjectNode those = kind("requesters");
            those.set("requesters", names(requesters));
            yield those;
          }
          case IoApic(var requester) -> kind("io-apic").put("requester", requester.toString());
          case AddressSpace space -> {
            ObjectNode table = of(kind("address-space"), space.table());
            table.set("users", names(space.users()));
            table.set("devices", array(space.devices(), d -> of(NODES.objectNode(), d)));
            yield table;
          }
          case OfFirmware(var region) ->
              ranged("firmware-region", region.range())
                  .put("firstRequester", region.first().toString())
                  .put("lastRequester", region.last().toString());
          case NewTablePage(long address) -> kind("new-table-page").put("address", Hex.of(address));
          case Arena(AddressRange range) -> ranged("arena", range);
          case CrashRange(AddressRange range) -> ranged("crash-range", range);
          case Armed(String name) -> kind("armed").put("name", name);
          case Party(String name) -> kind("party").put("name", name);
          case Part part -> kind("part").put("part", part.name());
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
    ObjectNode node = kind(kind);
    node.set("range", JsonReport.of(range));
    return node;
  }

  static ObjectNode of(Evidence evidence) {
    ObjectNode node =
        switch (evidence) {
          case Amount amount ->
              kind("amount")
                  .put("what", amount.what().name())
                  .put("count", amount.count())
                  .put("total", amount.total());
          case Quote quote ->
              kind("quote").put("source", quote.source().name()).put("line", quote.line());
          case Fact fact -> kind("fact").put("fact", fact.name());
          case Reading reading -> ReadingJson.of(reading);
          case Sighting sighting -> SightingJson.of(sighting);
          case Obstacle obstacle -> ObstacleJson.of(obstacle);
        };
    return node.put("text", EvidenceText.of(evidence));
  }

  static ObjectNode of(Remedy remedy) {
    ObjectNode node =
        switch (remedy) {
          case KernelOption option ->
              kind("kernel-option")
                  .put("kernel", option.kernel().name())
                  .put("option", option.option());
          case CrashRangeBelow(long limit) -> kind("crash-range-below").put("limit", Hex.of(limit));
          case ReserveArena(long sizeBytes) -> kind("reserve-arena").put("sizeBytes", sizeBytes);
          case PrepareInterrupts(int entryCount, List<String> obstacles) -> {
            ObjectNode prepare = kind("prepare-interrupts").put("entryCount", entryCount);
            prepare.set("obstacles", names(obstacles));
            yield prepare;
          }
          case Step step -> kind("step").put("step", step.name());
        };
    return node.put("text", RemedyText.of(remedy));
  }
}
