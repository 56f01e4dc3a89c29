// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.crashlane.arming.ArmingPlan.Note;
import org.crashlane.arming.ArmingPlan.TablePart;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.Window;
import org.crashlane.iommu.vendors.Vendor;
import org.crashlane.iommu.vtd.RootEntry;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.DraftMemory;
import org.crashlane.memory.SparseMemory;
import org.crashlane.memory.Store;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Obstacle.OfTable;
import org.crashlane.rule.Reading.Entry;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Subject.Requesters;
import org.junit.jupiter.api.Test;

class PlannerTest extends PlannerCase {
  @Test
  void devicesThatShareTablesAreArmedOnce() {
    ArmingPlan plan = planned(VtdMachine.request(TARGET));
    assertEquals(
        List.of(
            new TablePart(
                VtdMachine.DISK_TABLE, List.of(VtdMachine.DISK, VtdMachine.DISK_SECOND), 4, 2, 0),
            new TablePart(VtdMachine.NETWORK_TABLE, List.of(VtdMachine.NETWORK), 4, 2, 0)),
        plan.tables());
    assertEquals(4, plan.newPages().size());
    assertEquals(
        List.of(new Note(new Requesters(VtdMachine.PASSING), Fact.REACHES_AS_IT_IS)), plan.notes());
  }

  @Test
  void planningWritesNothing() {
    SparseMemory untouched = SparseMemory.ofSize(VtdMachine.MEMORY_BYTES);
    VtdMachine.buildIn(untouched);
    planned(VtdMachine.request(TARGET));
    long[] before = new long[0x200];
    long[] after = new long[0x200];
    for (long page = 0; page < VtdMachine.MEMORY_BYTES; page += 0x1000) {
      untouched.readLongs(page, before, before.length);
      machine.memory().readLongs(page, after, after.length);
      assertArrayEquals(before, after);
    }
  }

  @Test
  void anEntryOutsideTheArenaIsWrittenAfterAllOfTheTablesBelowIt() {
    ArmingPlan plan = planned(VtdMachine.request(TARGET));
    Map<Long, Store> last = new HashMap<>();
    plan.stores().forEach(store -> last.put(store.address(), store));
    Set<Long> written = new HashSet<>();
    int publishCount = 0;
    for (Store store : plan.stores()) {
      written.add(store.address());
      if (!VtdMachine.ARENA.contains(store.address())) {
        publishCount++;
        AddressRange table = AddressRange.ofSize(store.after() & -0x1000L, 0x1000);
        assertTrue(VtdMachine.ARENA.contains(table));
        for (long address : last.keySet()) {
          assertTrue(!table.contains(address) || written.contains(address));
        }
      }
    }
    assertEquals(2, publishCount);
  }

  @Test
  void onlyTheTablesOfTheNamedDevicesAreArmed() {
    ArmingPlan plan = planned(VtdMachine.request(TARGET, VtdMachine.NETWORK));
    assertEquals(1, plan.tables().size());
    assertEquals(VtdMachine.NETWORK_TABLE, plan.tables().getFirst().table());
  }

  @Test
  void whoSharesATableWithANamedDeviceIsNoted() {
    assertEquals(
        List.of(
            new Note(
                new Requesters(VtdMachine.DISK_SECOND),
                new OfTable(VtdMachine.DISK_TABLE),
                Fact.SHARES_TABLE)),
        planned(VtdMachine.request(TARGET, VtdMachine.DISK)).notes());
  }

  @Test
  void whatIsWrongWithTheDeviceTablesIsNoted() {
    machine.memory().writeLong(VtdMachine.ROOT_TABLE + 16, RootEntry.low(0x2000) | 2);
    List<Note> notes = planned(VtdMachine.request(TARGET, VtdMachine.NETWORK)).notes();
    assertEquals(1, notes.size());
    assertEquals(Part.DEVICE_TABLES, notes.getFirst().subject());
    Entry entry = assertInstanceOf(Entry.class, notes.getFirst().evidence().getFirst());
    assertEquals(0x1010, entry.entry().entryAddress());
  }

  @Test
  void aDeviceThatPassesUntranslatedNeedsNothing() {
    ArmingPlan plan = planned(VtdMachine.request(TARGET, VtdMachine.PASSING));
    assertEquals(List.of(), plan.stores());
    assertEquals(
        List.of(new Note(new Requesters(VtdMachine.PASSING), Fact.REACHES_AS_IT_IS)), plan.notes());
  }

  @Test
  void anIommuThatDoesNotTranslateNeedsNothingWhateverItCaches() {
    machine.notTranslating().cachingAbsent();
    ArmingPlan plan = planned(VtdMachine.request(TARGET));
    assertEquals(List.of(), plan.stores());
    assertEquals(List.of(new Note(Part.IOMMU, Fact.NOTHING_TRANSLATED)), plan.notes());
  }

  @Test
  void tablesThatMapAllAlreadyNeedNothingWhateverIsCached() {
    machine.cachingAbsent();
    VtdMachine.CRASH_PAGES.forEach(page -> {
      machine.map(VtdMachine.DISK_TABLE, page, page, Permissions.READ_WRITE);
      machine.map(VtdMachine.NETWORK_TABLE, page, page, Permissions.READ_WRITE);
    });
    assertEquals(List.of(), planned(VtdMachine.request(TARGET)).stores());
  }

  @Test
  void largeLeavesNeedFewerTables() {
    machine.withLargeLeaves();
    AddressRange crash = AddressRange.ofSize(0x1800000, 0x400000);
    ArmingPlan plan = planned(request(crash, Optional.of(VtdMachine.ARENA)));
    assertEquals(2, plan.tables().getFirst().leafCount());
    assertEquals(1, plan.tables().getFirst().tablePageCount());
  }

  @Test
  void twoCrashRangesShareTheTablesBetweenThem() {
    AddressRange second = AddressRange.ofSize(0x1900000, 0x1000);
    PlanRequest request =
        new PlanRequest(
            TARGET,
            Window.ofCrashRanges(List.of(second, VtdMachine.CRASH, second)),
            Set.of(),
            Optional.of(VtdMachine.ARENA),
            VtdMachine.earlier());
    ArmingPlan plan = planned(request);
    assertEquals(Window.ofCrashRanges(List.of(VtdMachine.CRASH, second)), plan.windows());
    assertEquals(2, plan.tables().getFirst().tablePageCount());
    assertEquals(5, plan.tables().getFirst().leafCount());
  }

  @Test
  void fourPagesOfArenaAreEnough() {
    AddressRange four = AddressRange.ofSize(VtdMachine.ARENA.first(), 0x4000);
    assertEquals(4, planned(request(VtdMachine.CRASH, Optional.of(four))).newPages().size());
  }

  @Test
  void pagesThatAreMappedSoAlreadyAreLeftAlone() {
    long iova = VtdMachine.CRASH.first() + 0x1000;
    machine.map(VtdMachine.DISK_TABLE, iova, iova, Permissions.READ_WRITE);
    TablePart part = planned(VtdMachine.request(TARGET, VtdMachine.DISK)).tables().getFirst();
    assertEquals(0x1000, part.alreadyMappedBytes());
    assertEquals(3, part.leafCount());
    assertEquals(0, part.tablePageCount());
  }

  @Test
  void aWindowThatIsWrittenOnlyGetsNoMoreRights() {
    Window doorbell = new Window(AddressRange.ofSize(0x1900000, 0x1000), Permissions.WRITE_ONLY);
    ArmingPlan plan =
        planned(
            new PlanRequest(
                TARGET,
                List.of(Window.ofCrashRange(VtdMachine.CRASH), doorbell),
                Set.of(VtdMachine.DISK),
                Optional.of(VtdMachine.ARENA),
                VtdMachine.earlier()));
    DraftMemory armed = DraftMemory.over(machine.memory());
    plan.stores().forEach(store -> armed.writeLong(store.address(), store.after()));
    IdentityCheck written = new IdentityCheck(doorbell);
    IdentityCheck readToo = new IdentityCheck(Window.ofCrashRange(doorbell.range()));
    TranslationTables tables = Vendor.VTD.open(armed, machine.registers(), HostFacts.UNKNOWN);
    tables.walk(VtdMachine.DISK_TABLE, written);
    tables.walk(VtdMachine.DISK_TABLE, readToo);
    assertTrue(written.problem().isEmpty());
    assertFalse(readToo.problem().isEmpty());
  }
}
