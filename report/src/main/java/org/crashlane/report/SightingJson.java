// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.crashlane.report.FindingJson.kind;
import static org.crashlane.report.FindingJson.ranged;
import static org.crashlane.report.JsonReport.array;
import static org.crashlane.report.JsonReport.names;

import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Fault;
import org.crashlane.rule.Sighting;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What was seen of a crash, for programs. */
final class SightingJson {
  private SightingJson() {}

  static ObjectNode of(Sighting sighting) {
    return switch (sighting) {
      case Sighting.Faulted(Sighting.From from, Fault fault) ->
          kind("fault")
              .put("from", from.name())
              .put("requester", fault.request().requester().toString())
              .put("iova", Hex.of(fault.request().iova()))
              .put("access", fault.request().access().name())
              .put("reason", fault.reason())
              .put("meaning", fault.why().meaning())
              .put("recorded", fault.recorded());
      case Sighting.Blocked(var requester, long iova) ->
          kind("blocked-request").put("requester", requester.toString()).put("iova", Hex.of(iova));
      case Sighting.BlockedInterrupt(var sender, long address, long data, String event) ->
          kind("blocked-interrupt")
              .set("sender", FindingJson.of(sender))
              .put("address", Hex.of(address))
              .put("data", Hex.of(data))
              .put("event", event);
      case Sighting.RegistersAccessed(
              boolean areReads,
              List<Sighting.RegisterId> registers,
              int count) ->
          kind("registers-accessed")
              .put("areReads", areReads)
              .put("count", count)
              .set("registers", array(registers, SightingJson::of));
      case Sighting.RegisterWritten written ->
          kind("register-written")
              .put("count", written.count())
              .set("register", of(written.register()))
              .set("first", array(written.first(), SightingJson::of))
              .set("last", of(written.last()));
      case Sighting.RegisterChanged(Sighting.RegisterId register, long before, long after) ->
          kind("register-changed")
              .put("before", Hex.of(before))
              .put("after", Hex.of(after))
              .set("register", of(register));
      case Sighting.Touched(var what, long address, long value) ->
          kind("touched")
              .put("what", what.name())
              .put("address", Hex.of(address))
              .put("value", Hex.of(value));
      case Sighting.DeviceTablesMoved moved ->
          kind("device-tables-moved")
              .put("since", moved.when().name())
              .put("before", Hex.of(moved.before()))
              .put("now", Hex.of(moved.now()))
              .put("translation", moved.translation().name());
      case Sighting.WordChanged(long address, long before, long now) ->
          kind("word-changed")
              .put("address", Hex.of(address))
              .put("before", Hex.of(before))
              .put("now", Hex.of(now));
      case Sighting.FaultsRecorded(long before, long now) ->
          kind("faults-recorded").put("before", Hex.of(before)).put("now", Hex.of(now));
      case Sighting.CoreHeader(var what, long address, var range) ->
          ranged("core-header", range).put("what", what.name()).put("address", Hex.of(address));
      case Sighting.Violated violated ->
          kind("violated")
              .put("count", violated.count())
              .put("step", violated.step())
              .put("violation", violated.invariant().toString())
              .put("meaning", violated.invariant().meaning())
              .set("party", FindingJson.of(violated.party()))
              .put("busAddress", Hex.of(violated.busAddress()))
              .put("physicalAddress", Hex.of(violated.physicalAddress()))
              .put("sizeBytes", violated.sizeBytes())
              .put("trace", EvidenceText.inOneLine(violated.evidence()));
      case Sighting.Meant(long address) -> kind("meant").put("address", Hex.of(address));
      case Sighting.Modelled(var reason) ->
          kind("quote").put("source", "MODEL_TRACE").put("line", ReasonText.of(reason));
      case Sighting.OtherRelease(String found, String booted) ->
          kind("other-release").put("found", found).put("booted", booted);
      case Sighting.PagesCompared pages ->
          kind("pages-compared")
              .put("equalCount", pages.equalCount())
              .put("equalZeroCount", pages.equalZeroCount())
              .put("differentCount", pages.differentCount())
              .put("absentCount", pages.absentCount())
              .set("firstDifferent", names(pages.firstDifferent().stream().map(Hex::of).toList()))
              .set("firstAbsent", names(pages.firstAbsent().stream().map(Hex::of).toList()));
    };
  }

  private static ObjectNode of(Sighting.RegisterId register) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("name", register.name())
        .put("offset", Hex.of(register.offset()));
  }

  private static ObjectNode of(Sighting.RegisterValue value) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("raw", Hex.of(value.raw()))
        .set("bits", names(value.bits()))
        .put("translation", value.translation().name());
  }
}
