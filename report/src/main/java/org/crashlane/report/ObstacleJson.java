// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.crashlane.report.FindingJson.kind;
import static org.crashlane.report.FindingJson.ranged;

import org.crashlane.bits.Hex;
import org.crashlane.rule.Obstacle;
import org.crashlane.rule.Obstacle.BeyondReach;
import org.crashlane.rule.Obstacle.Earlier;
import org.crashlane.rule.Obstacle.InUseByProcessor;
import org.crashlane.rule.Obstacle.InterruptsPrepared;
import org.crashlane.rule.Obstacle.NoMemory;
import org.crashlane.rule.Obstacle.NotMapped;
import org.crashlane.rule.Obstacle.OfDevices;
import org.crashlane.rule.Obstacle.OfTable;
import org.crashlane.rule.Obstacle.Overlap;
import org.crashlane.rule.Obstacle.ReadsBack;
import org.crashlane.rule.Obstacle.WordInUse;
import tools.jackson.databind.node.ObjectNode;

/** What is in the way of arming, for programs. */
final class ObstacleJson {
  private ObstacleJson() {}

  static ObjectNode of(Obstacle obstacle) {
    return switch (obstacle) {
      case NoMemory(var ranges) -> {
        ObjectNode node = kind("no-memory");
        node.set("ranges", FindingJson.array(ranges, JsonReport::of));
        yield node;
      }
      case Overlap(var what, var range) -> ranged("overlap", range).put("what", what.name());
      case BeyondReach(var crashRange, var reach) -> {
        ObjectNode node = kind("beyond-reach");
        node.set("crashRange", JsonReport.of(crashRange));
        node.set("reach", JsonReport.of(reach));
        yield node;
      }
      case OfTable(var table) -> FindingJson.of(kind("of-table"), table);
      case OfDevices(var devices) -> {
        ObjectNode node = kind("of-devices");
        node.set("requesters", FindingJson.names(devices.requesters()));
        yield node;
      }
      case WordInUse(long address, long value) ->
          kind("word-in-use").put("address", Hex.of(address)).put("value", Hex.of(value));
      case ReadsBack(long address, long written, long found) ->
          kind("reads-back")
              .put("address", Hex.of(address))
              .put("written", Hex.of(written))
              .put("found", Hex.of(found));
      case NotMapped(long iova) -> kind("not-mapped").put("iova", Hex.of(iova));
      case InUseByProcessor(String register, long address) ->
          kind("in-use-by-processor").put("register", register).put("address", Hex.of(address));
      case InterruptsPrepared(int ready, int prepared) ->
          kind("interrupts-prepared").put("readyCount", ready).put("preparedCount", prepared);
      case Earlier(var state, String journal) ->
          kind("earlier").put("state", state.name()).put("journal", journal);
    };
  }
}
