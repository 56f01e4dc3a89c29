// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Mapping;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.ArmReport;
import org.crashlane.rehearsal.ArmingCost;
import org.crashlane.rehearsal.Event;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Sighting.Modelled;
import org.crashlane.rule.Sighting.Violated;
import org.crashlane.rule.Subject;
import org.junit.jupiter.api.Test;

final class EventTextTest {
  private static final Device DISK = new Device(RequesterId.of(0, 8), "disk", DumpRole.NAMED);
  private static final Mapping PAGE = Mapping.identity(AddressRange.parse("0x1000-0x1fff"));
  private static final Reason WHY = Reason.of(Said.NO_IOVA, new Reason.Value(0x2000));

  private static final Map<Event, String> LINES =
      Map.ofEntries(
          Map.entry(Event.Plain.PANIC, "panic"),
          Map.entry(Event.Plain.ALL_DEVICES_RESET, "all devices are reset"),
          Map.entry(
              new Event.Broken(
                  new Violated(
                      1,
                      7,
                      Said.NOT_MAPPED_SO,
                      new Subject.Requests(DISK, Access.READ),
                      0x1000,
                      0x2000,
                      32,
                      List.of(new Modelled(WHY), new Modelled(Reason.of(Said.ENTRY))))),
              "VIOLATION: step 7: no driver had mapped it so: 00:01.0 disk READ at 0x1000 -> 0x2000,"
                  + " 32 bytes: no iova 0x2000; entry"),
          Map.entry(
              new Event.Reached(DISK, Access.WRITE, 0x1000, 0x2000, 32, true),
              "disk WRITE 0x1000 -> 0x2000, 32 bytes"),
          Map.entry(
              new Event.Reached(DISK, Access.WRITE, 0x1000, 0x2000, 32, false),
              "disk WRITE 0x1000 -> 0x2000, 32 bytes: no memory there"),
          Map.entry(
              new Event.Blocked(DISK, Access.READ, 0x1000, Said.NO_IOVA),
              "disk READ 0x1000 blocked: no iova"),
          Map.entry(
              new Event.Mapped(DISK, PAGE), "primary maps for disk: 0x1000-0x1fff -> 0x1000 rw"),
          Map.entry(
              new Event.Unmapped(DISK, PAGE),
              "primary unmaps for disk: 0x1000-0x1fff -> 0x1000 rw"),
          Map.entry(new Event.NotMapped(DISK, WHY), "primary cannot map for disk: no iova 0x2000"),
          Map.entry(new Event.NotStarted(DISK, WHY), "primary cannot start disk: no iova 0x2000"),
          Map.entry(
              new Event.Armed(new ArmReport(new ArmingCost(2, 16, 8192, 9), List.of(), List.of())),
              "armed: 16 entries, 2 table pages; all"),
          Map.entry(
              new Event.Armed(new ArmReport(ArmingCost.NONE, List.of(PAGE), List.of(WHY))),
              "armed: 0 entries, 0 table pages; [0x1000-0x1fff -> 0x1000 rw] [no iova 0x2000]"),
          Map.entry(
              new Event.CaptureUp(Strategy.ADOPT),
              "capture kernel is up: the capture kernel takes over the old tables"),
          Map.entry(new Event.CaptureStarts(DISK), "capture kernel starts disk"),
          Map.entry(new Event.CaptureWrites(0x4000, 16), "capture kernel writes 0x4000, 16 pages"),
          Map.entry(new Event.CaptureFails(WHY), "capture kernel gives up: no iova 0x2000"));

  @Test
  void everyEventIsOneLine() {
    LINES.forEach((event, line) -> assertEquals(line, EventText.of(event)));
  }

  @Test
  void noKindIsLeftOut() {
    Set<Class<?>> seen = LINES.keySet().stream().map(Event::getClass).collect(Collectors.toSet());
    assertEquals(Set.copyOf(Arrays.asList(Event.class.getPermittedSubclasses())), seen);
  }
}
