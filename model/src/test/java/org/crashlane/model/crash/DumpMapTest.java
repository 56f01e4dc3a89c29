// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Ranges;
import org.crashlane.model.explore.SmallMachine;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.ModelMemory;
import org.crashlane.model.hardware.Page;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;

/** Which pages a dump has. */
final class DumpMapTest {
  private static final MachineSpec LARGE = BuiltInMachines.of(MappingMode.VTD);

  private static Set<Long> dumped(CrashPlan plan, ModelMemory memory) {
    DumpMap map = DumpMap.at(plan, memory, List.of());
    Set<Long> pages = new HashSet<>();
    for (long page = 0; page < map.pageCount(); page++) {
      assertTrue(pages.add(map.address(page)), "a page of memory is in the dump twice");
    }
    return pages;
  }

  private static ModelMemory memory(MachineSpec machine) {
    return ModelMemory.at(machine.memory(), new Background(1));
  }

  @Test
  void allOfASmallMachineIsDumpedButTheCrashRange() {
    CrashPlan plan = SmallMachine.plan(MappingMode.NOMMU, Strategy.NONE);
    MachineSpec machine = plan.machine();
    long expected =
        Ranges.sizeBytes(Ranges.without(machine.ram(), machine.crashRanges())) / Page.BYTES;
    assertEquals(expected, dumped(plan, memory(machine)).size());
  }

  @Test
  void ofALargeMachineWhatIsWrittenIsDumpedAndFreePagesAreNot() {
    CrashPlan plan = CrashPlan.of(LARGE, Strategy.NONE);
    ModelMemory memory = memory(LARGE);
    Set<Long> before = dumped(plan, memory);
    long free = LARGE.ram().getFirst().first() + (128 << 10);
    assertFalse(before.contains(free));
    memory.writeLong(free, 1);
    Set<Long> after = dumped(plan, memory);
    assertTrue(after.contains(free) && after.containsAll(before));
  }

  @Test
  void memoryUnderAnApertureIsDumpedWhole() {
    AddressRange aperture = AddressRange.parse("0x4000000-0x5ffffff");
    DumpMap map = DumpMap.at(CrashPlan.of(LARGE, Strategy.NONE), memory(LARGE), List.of(aperture));
    long found =
        LongStream.range(0, map.pageCount())
            .filter(page -> aperture.contains(map.address(page)))
            .count();
    assertEquals(aperture.sizeBytes() / Page.BYTES, found);
  }

  @Test
  void whatIsDumpedIsSpreadOverAllMemory() {
    Set<Long> pages = dumped(CrashPlan.of(LARGE, Strategy.NONE), memory(LARGE));
    long ram = Ranges.sizeBytes(LARGE.ram());
    assertTrue(pages.size() * (long) Page.BYTES >= 48 << 20, () -> pages.size() + " pages");
    for (AddressRange range : Ranges.without(LARGE.ram(), LARGE.crashRanges())) {
      for (long at = range.first(); range.last() - at >= ram / 512; at += ram / 512) {
        AddressRange part = AddressRange.ofSize(at, ram / 512);
        assertTrue(pages.stream().anyMatch(part::contains), () -> "nothing of " + part);
      }
    }
  }

  @Test
  void noPageOfACrashRangeIsDumped() {
    AddressRange low = AddressRange.parse("0x1000000-0x1ffffff");
    MachineSpec twoRanges =
        new MachineSpec(
            "two crash ranges",
            "for tests",
            LARGE.era(),
            LARGE.ram(),
            List.of(LARGE.crashRanges().getFirst(), low),
            LARGE.devices(),
            LARGE.modeSpec());
    for (MachineSpec machine : List.of(LARGE, twoRanges)) {
      for (long page : dumped(CrashPlan.of(machine, Strategy.NONE), memory(machine))) {
        assertFalse(machine.inCrashRange(AddressRange.ofSize(page, Page.BYTES)));
      }
    }
  }
}
