// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.Window;
import org.crashlane.iommu.vendors.Vendor;
import org.crashlane.iommu.vtd.ContextEntry;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.RootEntry;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;

/** What is not planned, and why. */
class PlannerRefusalTest extends PlannerCase {
  @Test
  void cachingModeIsRefusedWithTheWayThatWorks() {
    machine.cachingAbsent();
    String reason = refused(Kind.CACHES_ABSENT, VtdMachine.request(TARGET)).getFirst();
    assertTrue(reason.endsWith("arm it from inside, by the crashlane_arm module"), reason);
  }

  @Test
  void aRangeThatIsNoneIsRefusedAlsoWhereNothingTranslates() {
    machine.notTranslating();
    AddressRange crash = AddressRange.ofSize(VtdMachine.MEMORY_BYTES, 0x2000);
    refused(Kind.CRASH_RANGE, request(crash, Optional.of(VtdMachine.ARENA)));
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
  void aDeviceWithoutAnEntryIsRefusedByName() {
    List<String> reasons =
        refused(Kind.NO_DEVICE, VtdMachine.request(TARGET, VtdMachine.DISK, VtdMachine.ABSENT));
    assertEquals(
        List.of("device 00:04.0: no entry in the IOMMU's device tables (is a driver bound?)"),
        reasons);
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
            "device 00:01.0: scalable mode without a second level, table 0x204000 (stage 1, 4"
                + " levels): first-level tables are read, not written"),
        reasons);
  }

  @Test
  void anArenaThatIsInUseIsRefusedUnlessAnEarlierArmingHasLeftItSo() {
    machine.memory().writeLong(VtdMachine.ARENA.last() - 7, 0x4889e5);
    List<String> reasons = refused(Kind.ARENA_MISPLACED, VtdMachine.request(TARGET));
    assertEquals(
        List.of(
            "arena 0x1000000-0x100ffff is in use, or was: not zero, nor left by an earlier arming:"
                + " 0x4889e5 at 0x100fff8"),
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
            return offset == Registers.RTADDR.offset() ? 0x7000000000L : registers.read64(offset);
          }
        };
    PlanResult result =
        Planner.plan(
            Vendor.VTD.open(machine.memory(), lost, HostFacts.UNKNOWN),
            machine.memory(),
            VtdMachine.request(TARGET));
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
        () -> new PlanRequest(TARGET, Window.ofCrashRanges(List.of()), Set.of(), Optional.empty()));
  }
}
