// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Reason;
import org.crashlane.rehearsal.ArmReport;
import org.crashlane.rehearsal.Event;

/** What happens while a machine is crashed, for people. */
public final class EventText {
  private EventText() {}

  /** {@return the event in one line, which two runs of the same machine and seed have alike} */
  public static String of(Event event) {
    return switch (event) {
      case Event.Plain.PANIC -> "panic";
      case Event.Plain.ALL_DEVICES_RESET -> "all devices are reset";
      case Event.Broken(var what) -> "VIOLATION: " + SightingText.first(what);
      case Event.Reached reached -> of(reached);
      case Event.Blocked(var device, var access, long iova, var why) ->
          "%s %s %s blocked: %s".formatted(device.name(), access, Hex.of(iova), why.meaning());
      case Event.Mapped(var device, var mapping) ->
          "primary maps for " + device.name() + ": " + mapping;
      case Event.Unmapped(var device, var mapping) ->
          "primary unmaps for " + device.name() + ": " + mapping;
      case Event.NotMapped(var device, Reason why) ->
          "primary cannot map for " + device.name() + ": " + ReasonText.of(why);
      case Event.NotStarted(var device, Reason why) ->
          "primary cannot start " + device.name() + ": " + ReasonText.of(why);
      case Event.Armed(var report) ->
          "armed: %d entries, %d table pages; %s"
              .formatted(report.cost().entryCount(), report.cost().tablePageCount(), left(report));
      case Event.CaptureUp(var strategy) -> "capture kernel is up: " + strategy.meaning();
      case Event.CaptureStarts(var device) -> "capture kernel starts " + device.name();
      case Event.CaptureWrites(long physicalAddress, int pageCount) ->
          "capture kernel writes %s, %d pages".formatted(Hex.of(physicalAddress), pageCount);
      case Event.CaptureFails(Reason why) -> "capture kernel gives up: " + ReasonText.of(why);
    };
  }

  private static String of(Event.Reached reached) {
    return "%s %s %s -> %s, %d bytes%s"
        .formatted(
            reached.device().name(),
            reached.access(),
            Hex.of(reached.iova()),
            Hex.of(reached.physicalAddress()),
            reached.sizeBytes(),
            reached.inMemory() ? "" : ": no memory there");
  }

  private static String left(ArmReport report) {
    List<String> refusals = report.refusals().stream().map(ReasonText::of).toList();
    return report.isComplete() ? "all" : report.conflicts() + " " + refusals;
  }
}
