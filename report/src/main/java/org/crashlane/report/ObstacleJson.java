// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.crashlane.report.FindingJson.kind;
import static org.crashlane.report.FindingJson.ranged;
import static org.crashlane.report.JsonReport.array;
import static org.crashlane.report.JsonReport.names;

import org.crashlane.bits.Hex;
import org.crashlane.rule.Obstacle;
import tools.jackson.databind.node.ObjectNode;

/** What is in the way of arming, for programs. */
final class ObstacleJson {
  private ObstacleJson() {}

  static ObjectNode of(Obstacle obstacle) {
    return switch (obstacle) {
      case Obstacle.NoMemory(var ranges) ->
          kind("no-memory").set("ranges", array(ranges, JsonReport::of));
      case Obstacle.Overlap(var what, var range) ->
          ranged("overlap", range).put("what", what.name());
      case Obstacle.BeyondReach(var crashRange, var reach) ->
          kind("beyond-reach")
              .set("crashRange", JsonReport.of(crashRange))
              .set("reach", JsonReport.of(reach));
      case Obstacle.OfTable(var table) -> FindingJson.of(kind("of-table"), table);
      case Obstacle.OfDevices(var devices) ->
          kind("of-devices").set("requesters", names(devices.requesters()));
      case Obstacle.WordInUse(long address, long value) ->
          kind("word-in-use").put("address", Hex.of(address)).put("value", Hex.of(value));
      case Obstacle.ReadsBack(long address, long written, long found) ->
          kind("reads-back")
              .put("address", Hex.of(address))
              .put("written", Hex.of(written))
              .put("found", Hex.of(found));
      case Obstacle.NotMapped(long iova) -> kind("not-mapped").put("iova", Hex.of(iova));
      case Obstacle.InUseByProcessor(String register, long address) ->
          kind("in-use-by-processor").put("register", register).put("address", Hex.of(address));
      case Obstacle.InterruptsPrepared(int ready, int prepared) ->
          kind("interrupts-prepared").put("readyCount", ready).put("preparedCount", prepared);
      case Obstacle.Earlier(var state, String journal) ->
          kind("earlier").put("state", state.name()).put("journal", journal);
      case Obstacle.NotWritten(var range, var reason) ->
          ranged("not-written", range).put("reason", ReasonText.of(reason));
      case Obstacle.NotPrepared(var hindrance) -> {
        ObjectNode node = kind("not-prepared").put("reason", ReasonText.of(hindrance.why()));
        hindrance.vectors().forEach(node.putArray("vectors")::add);
        yield node;
      }
      case Obstacle.Required(var condition) ->
          kind("required").put("condition", condition.meaning());
    };
  }
}
