// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import org.crashlane.arming.ArmingPlan.TablePart;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.Vendor;
import org.crashlane.iommu.vtd.ContextEntry;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.RootEntry;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.memory.Store;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;

class PlannerTest {
  private static final Target TARGET = new Target("memory", "memory of the test");

  private final VtdMachine machine =
      VtdMachine.buildIn(SparseMemory.ofSize(VtdMachine.MEMORY_BYTES));

  private ArmingPlan planned(PlanRequest request) {
    return assertInstanceOf(PlanResult.Planned.class, machine.plan(request)).plan();
  }

  /** The reasons, each of the wanted kind. */
  private List<String> refused(Kind kind, PlanRequest request) {
    long before = checksum();
    List<Refusal> reasons = assertInstanceOf(Refused.class, machine.plan(request)).reasons();
    assertEquals(before, checksum(), "a refusal must not write");
    reasons.forEach(reason -> assertEquals(kind, reason.kind(), reason.reason()));
    return reasons.stream().map(Refusal::reason).toList();
  }

  /** A checksum of all memory. */
  private long checksum() {
    CRC32C crc = new CRC32C();
    byte[] block = new byte[0x100000];
    for (long at = 0; at < VtdMachine.MEMORY_BYTES; at += block.length) {
      int length = (int) Math.min(block.length, VtdMachine.MEMORY_BYTES - at);
      machine.memory().read(at, block, 0, length);
      crc.update(block, 0, length);
    }
    return crc.getValue();
  }

  private static PlanRequest request(AddressRange crash, Optional<AddressRange> arena) {
    return new PlanRequest(TARGET, List.of(crash), Set.of(), arena);
  }

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
        List.of("00:03.0 passes untranslated: it reaches the crash range as it is"), plan.notes());
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
        List.of("00:01.1 shares table 0x3000 (3 levels): it too will reach the crash range"),
        planned(VtdMachine.request(TARGET, VtdMachine.DISK)).notes());
  }

  @Test
  void whatIsWrongWithTheDeviceTablesIsNoted() {
    machine.memory().writeLong(VtdMachine.ROOT_TABLE + 16, RootEntry.low(0x2000) | 2);
    List<String> notes = planned(VtdMachine.request(TARGET, VtdMachine.NETWORK)).notes();
    assertEquals(1, notes.size());
    assertTrue(notes.getFirst().startsWith("device tables: entry at 0x1010 "), notes.toString());
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
            TARGET, List.of(second, VtdMachine.CRASH), Set.of(), Optional.of(VtdMachine.ARENA));
    ArmingPlan plan = planned(request);
    assertEquals(List.of(VtdMachine.CRASH, second), plan.crashRanges());
    assertEquals(2, plan.tables().getFirst().tablePageCount());
    assertEquals(5, plan.tables().getFirst().leafCount());
  }

  @Test
  void translationOffIsRefused() {
    machine.notTranslating();
    refused(Kind.TRANSLATION_OFF, VtdMachine.request(TARGET));
  }

  @Test
  void cachingModeIsRefused() {
    machine.cachingAbsent();
    refused(Kind.CACHES_ABSENT, VtdMachine.request(TARGET));
  }

  @Test
  void anArenaTooSmallIsToldHowManyPagesAreNeeded() {
    AddressRange three = AddressRange.ofSize(VtdMachine.ARENA.first(), 0x3000);
    List<String> reasons =
        refused(Kind.ARENA_TOO_SMALL, request(VtdMachine.CRASH, Optional.of(three)));
    assertTrue(
        reasons.getFirst().startsWith("4 new table pages are needed, the arena has 3: reserve 16 "),
        reasons.getFirst());
    refused(Kind.ARENA_TOO_SMALL, request(VtdMachine.CRASH, Optional.empty()));
  }

  @Test
  void fourPagesOfArenaAreEnough() {
    AddressRange four = AddressRange.ofSize(VtdMachine.ARENA.first(), 0x4000);
    assertEquals(4, planned(request(VtdMachine.CRASH, Optional.of(four))).newPages().size());
  }

  @Test
  void theInterruptWindowIsRefused() {
    AddressRange crash = AddressRange.ofSize(0xfeeff000L, 0x2000);
    refused(Kind.INTERRUPT_WINDOW, request(crash, Optional.of(VtdMachine.ARENA)));
  }

  @Test
  void aCrashRangeThatIsNoMemoryIsRefused() {
    AddressRange crash = AddressRange.ofSize(VtdMachine.MEMORY_BYTES - 0x1000, 0x2000);
    refused(Kind.CRASH_RANGE, request(crash, Optional.of(VtdMachine.ARENA)));
  }

  @Test
  void aCrashRangeThatHoldsTheTablesIsNoneAndIsRefused() {
    List<String> reasons =
        refused(
            Kind.CRASH_RANGE,
            request(AddressRange.ofSize(0x1000, 0x4000), Optional.of(VtdMachine.ARENA)));
    assertTrue(
        reasons.getFirst().contains("the IOMMU's device table at 0x1000 lies in it"),
        reasons.toString());
  }

  @Test
  void aCrashRangeThatDevicesAreLedIntoIsNoneAndIsRefused() {
    machine.map(
        VtdMachine.NETWORK_TABLE,
        VtdMachine.LEFTOVER_IOVA + 0x1000,
        VtdMachine.CRASH.first() + 0x1000,
        Permissions.READ_ONLY);
    List<String> reasons = refused(Kind.CRASH_RANGE, VtdMachine.request(TARGET));
    assertTrue(
        reasons.getFirst().contains("a device's IOVA 0xffe01000 leads to 0x1801000 in it"),
        reasons.toString());
  }

  @Test
  void aCrashRangeOfBrokenPagesIsRefused() {
    AddressRange crash = AddressRange.ofSize(0x1800000, 0x1800);
    refused(Kind.CRASH_RANGE, request(crash, Optional.of(VtdMachine.ARENA)));
  }

  @Test
  void anIovaThatIsMappedElsewhereIsRefusedForAllTablesWithWhatStandsThere() {
    long iova = VtdMachine.CRASH.first() + 0x2000;
    machine.map(VtdMachine.NETWORK_TABLE, iova, 0x77000, Permissions.READ_WRITE);
    List<String> reasons = refused(Kind.CONFLICT, VtdMachine.request(TARGET));
    assertEquals(
        List.of(
            "table 0x6000 (3 levels) of [00:02.0] already maps"
                + " 0x1802000-0x1802fff -> 0x77000 rw"),
        reasons);
  }

  @Test
  void aPageThatLacksARightIsRefused() {
    long iova = VtdMachine.CRASH.first();
    machine.map(VtdMachine.DISK_TABLE, iova, iova, Permissions.READ_ONLY);
    refused(Kind.CONFLICT, VtdMachine.request(TARGET));
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
  void aDeviceWithoutAnEntryIsRefusedByName() {
    List<String> reasons =
        refused(Kind.NO_DEVICE, VtdMachine.request(TARGET, VtdMachine.DISK, VtdMachine.ABSENT));
    assertEquals(
        List.of("device 00:04.0: no entry in the IOMMU's device tables (is a driver bound?)"),
        reasons);
  }

  @Test
  void aDeviceThatPassesUntranslatedIsNothingToArm() {
    refused(Kind.NO_DEVICE, VtdMachine.request(TARGET, VtdMachine.PASSING));
  }

  @Test
  void aNamedDeviceThatIsBlockedIsRefusedAndOtherwiseNoted() {
    RequesterId blocked = VtdMachine.ABSENT;
    machine.context(blocked, ContextEntry.low(3, 0x3000), ContextEntry.high(3, 9));
    refused(Kind.NO_DEVICE, VtdMachine.request(TARGET, blocked));
    assertEquals(2, planned(VtdMachine.request(TARGET)).notes().size());
  }

  @Test
  void scalableModeIsRefusedWhereThereIsNoSecondLevel() {
    machine.inScalableMode();
    List<String> reasons = refused(Kind.UNSUPPORTED, VtdMachine.request(TARGET));
    assertEquals(
        List.of(
            "device 00:01.0: scalable mode without a second level,"
                + " table 0x204000 (first-level, 4 levels): first-level tables are read, not written"),
        reasons);
  }

  @Test
  void anArenaInTheCrashRangeIsRefused() {
    refused(
        Kind.ARENA_MISPLACED,
        request(
            AddressRange.ofSize(0x1800000, 0x10000),
            Optional.of(AddressRange.ofSize(0x1808000, 0x8000))));
  }

  @Test
  void anArenaThatIsNoMemoryIsRefused() {
    refused(
        Kind.ARENA_MISPLACED,
        request(
            VtdMachine.CRASH,
            Optional.of(AddressRange.ofSize(VtdMachine.MEMORY_BYTES - 0x3000, 0x8000))));
  }

  @Test
  void anArenaThatADeviceMayWriteIsRefusedWithTheMapping() {
    machine.map(
        VtdMachine.NETWORK_TABLE,
        VtdMachine.LEFTOVER_IOVA,
        VtdMachine.ARENA.first() + 0x3000,
        Permissions.WRITE_ONLY);
    List<String> reasons = refused(Kind.ARENA_MISPLACED, VtdMachine.request(TARGET));
    assertEquals(
        List.of(
            "arena 0x1000000-0x100ffff may be written by a device: table 0x6000 (3 levels) maps"
                + " 0xffe00000-0xffe00fff -> 0x1003000 -w"),
        reasons);
  }

  @Test
  void anArenaThatAnUnreadTableMayMapIsRefusedOnceForTheTable() {
    for (int i = 1; i < 100; i++) {
      machine
          .memory()
          .writeLong(
              VtdMachine.DISK_TABLE.root() + (long) i * Long.BYTES + 64,
              SecondLevelEntry.table(0x7000000000L));
    }
    List<String> reasons =
        refused(Kind.ARENA_MISPLACED, VtdMachine.request(TARGET, VtdMachine.NETWORK));
    assertEquals(1, reasons.size(), reasons.toString());
    assertTrue(
        reasons.getFirst().contains("cannot tell whether table 0x3000 (3 levels) maps it: entry"),
        reasons.getFirst());
    assertTrue(reasons.getFirst().endsWith(" and more"), reasons.getFirst());
  }

  @Test
  void anArenaThatUnreadDevicesMayWriteIsRefusedOnceForAllOfThem() {
    machine.memory().writeLong(VtdMachine.ROOT_TABLE + 16, RootEntry.low(1L << 40));
    assertEquals(
        List.of(
            "arena 0x1000000-0x100ffff cannot be vouched for: cannot tell whether it is written by"
                + " 256 devices from 01:00.0 to 01:1f.7: its root or context table cannot be read"),
        refused(Kind.ARENA_MISPLACED, VtdMachine.request(TARGET, VtdMachine.NETWORK)));
  }

  @Test
  void anUnreadableRootTableIsOneRefusalForAllDevices() {
    RegisterFile registers = machine.registers();
    RegisterFile lost =
        new RegisterFile() {
          @Override
          public long read32(int offset) {
            return registers.read32(offset);
          }

          @Override
          public long read64(int offset) {
            return offset == Registers.RTADDR ? 0x7000000000L : registers.read64(offset);
          }
        };
    PlanResult result =
        Planner.plan(
            Vendor.VTD.open(machine.memory(), lost), machine.memory(), VtdMachine.request(TARGET));
    List<Refusal> reasons = assertInstanceOf(Refused.class, result).reasons();
    assertEquals(
        List.of("65,536 devices from 00:00.0 to ff:1f.7: its root or context table cannot be read"),
        reasons.stream().map(Refusal::reason).toList());
  }

  @Test
  void anArenaThatADeviceMayOnlyReadIsNoHarm() {
    machine.map(
        VtdMachine.NETWORK_TABLE,
        VtdMachine.LEFTOVER_IOVA,
        VtdMachine.ARENA.first(),
        Permissions.READ_ONLY);
    planned(VtdMachine.request(TARGET));
  }

  @Test
  void anArenaThatHoldsTablesInUseIsRefused() {
    List<String> reasons =
        refused(
            Kind.ARENA_MISPLACED,
            request(VtdMachine.CRASH, Optional.of(AddressRange.ofSize(0x1000, 0x4000))));
    assertTrue(
        reasons.contains("arena 0x1000-0x4fff holds the device table at 0x1000"),
        reasons.toString());
    assertTrue(
        reasons.contains("arena 0x1000-0x4fff holds the page table at 0x3000, which is in use"),
        reasons.toString());
  }

  @Test
  void aCrashRangeBeyondTheTablesIsRefused() {
    AddressRange far = AddressRange.ofSize(1L << 40, 0x1000);
    SparseMemory memory =
        new SparseMemory("big", List.of(AddressRange.ofSize(0, VtdMachine.MEMORY_BYTES), far));
    PlanResult result =
        VtdMachine.buildIn(memory).plan(request(far, Optional.of(VtdMachine.ARENA)));
    List<Refusal> reasons = assertInstanceOf(Refused.class, result).reasons();
    assertEquals(
        List.of(Kind.BEYOND_REACH, Kind.BEYOND_REACH),
        reasons.stream().map(Refusal::kind).toList());
  }

  @Test
  void noCrashRangeAtAllIsTheCallersMistake() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new PlanRequest(TARGET, List.of(), Set.of(), Optional.empty()));
  }
}
