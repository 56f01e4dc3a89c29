// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.stream.Collectors;
import org.crashlane.bits.Hex;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Obstacle;
import org.crashlane.rule.Subject.Requesters;

/** What is in the way of arming, for people. */
final class ObstacleText {
  private static final int NAMED_MAX = 8;

  private ObstacleText() {}

  static String of(Obstacle obstacle) {
    return switch (obstacle) {
      case Obstacle.NoMemory(var ranges) -> "it is not memory (there is " + ranges + ")";
      case Obstacle.Overlap overlap -> of(overlap);
      case Obstacle.BeyondReach(AddressRange crash, AddressRange reach) ->
          "crash range %s lies beyond what it can translate, %s".formatted(crash, reach);
      case Obstacle.OfTable(var table) -> "table " + table;
      case Obstacle.OfDevices(Requesters devices) -> devices(devices);
      case Obstacle.WordInUse(long address, long value) ->
          "%s at %s".formatted(Hex.of(value), Hex.of(address));
      case Obstacle.ReadsBack(long address, long written, long found) ->
          "the word at %s reads back as %s, not %s"
              .formatted(Hex.of(address), Hex.of(found), Hex.of(written));
      case Obstacle.NotMapped(long iova) -> "IOVA " + Hex.of(iova) + " is not mapped";
      case Obstacle.InUseByProcessor(String register, long address) ->
          "a processor's %s is at %s in it".formatted(register, Hex.of(address));
      case Obstacle.InterruptsPrepared(int ready, int prepared) ->
          "%d vectors arrive as it is, %d more by entries written".formatted(ready, prepared);
      case Obstacle.Earlier earlier -> of(earlier);
      case Obstacle.NotWritten(AddressRange range, var reason) ->
          "cannot map %s: %s".formatted(range, ReasonText.of(reason));
      case Obstacle.NotPrepared(var hindrance) -> ReasonText.of(hindrance);
      case Obstacle.Required(var condition) -> condition.meaning();
    };
  }

  /** {@return {@code devices}, of which there may be 65,536} */
  static String devices(Requesters devices) {
    var all = devices.requesters();
    if (all.size() == 1) {
      return "device " + all.getFirst();
    }
    return all.size() <= NAMED_MAX
        ? "devices " + all.stream().map(RequesterId::toString).collect(Collectors.joining(" "))
        : "%,d devices from %s to %s".formatted(all.size(), all.getFirst(), all.getLast());
  }

  private static String of(Obstacle.Overlap overlap) {
    String first = Hex.of(overlap.range().first());
    return switch (overlap.what()) {
      case CRASH_RANGE -> "it overlaps the crash range " + overlap.range();
      case DEVICE_TABLE -> "the IOMMU's device table at " + first + " lies in it";
      case PAGE_TABLE -> "the IOMMU's page table at " + first + " lies in it, which is in use";
      case INTERRUPT_WINDOW ->
          "it overlaps the interrupt window "
              + overlap.range()
              + ", which is never translated as DMA";
    };
  }

  private static String of(Obstacle.Earlier earlier) {
    String journal = " (" + earlier.journal() + ")";
    return switch (earlier.state()) {
      case ARMING_CUT_OFF -> "an earlier arming was cut off" + journal;
      case ARMED -> "an earlier arming is in place" + journal;
      case DISARMING_CUT_OFF -> "an earlier disarming was cut off" + journal;
      case TAKEN_BACK -> "all stores were taken back" + journal;
      case NOT_ALL_TAKEN_BACK -> "not all stores could be taken back" + journal;
    };
  }
}
