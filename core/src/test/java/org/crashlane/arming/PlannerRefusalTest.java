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
import org.crashlane.iommu.Mapping;
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
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Obstacle.OfDevices;
import org.crashlane.rule.Obstacle.OfTable;
import org.crashlane.rule.Obstacle.Overlap;
import org.crashlane.rule.Obstacle.Place;
import org.crashlane.rule.Obstacle.WordInUse;
import org.crashlane.rule.Reading.Attached;
import org.crashlane.rule.Reading.Entry;
import org.crashlane.rule.Reading.Mapped;
import org.crashlane.rule.Remedy.ReserveArena;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Subject.AddressSpace;
import org.crashlane.rule.Subject.Arena;
import org.crashlane.rule.Subject.Requesters;
import org.junit.jupiter.api.Test;

/** What is not planned, and why. */
class PlannerRefusalTest extends PlannerCase {
  @Test
  void cachingModeIsRefusedWithTheWayThatWorks() {
    machine.cachingAbsent();
    Refusal refusal = refused(Kind.CACHES_ABSENT, VtdMachine.request(TARGET)).getFirst();
    assertEquals(List.of(Step.ARM_INSIDE), refusal.remedies());
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
    List<Refusal> reasons =
        refused(Kind.ARENA_TOO_SMALL, request(VtdMachine.CRASH, Optional.of(three)));
    assertEquals(
        List.of(new Amount(Quantity.NEW_TABLE_PAGES, 4, 3)), reasons.getFirst().evidence());
    assertEquals(List.of(new ReserveArena(16 << 10)), reasons.getFirst().remedies());
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
    List<Refusal> reasons =
        refused(
            Kind.CRASH_RANGE,
            request(AddressRange.ofSize(0x1000, 0x4000), Optional.of(VtdMachine.ARENA)));
    assertEquals(
        List.of(
            Fact.NOT_A_CRASH_RANGE,
            new Overlap(Place.DEVICE_TABLE, AddressRange.ofSize(0x1000, 0x1000))),
        reasons.getFirst().evidence());
  }

  @Test
  void aCrashRangeThatDevicesAreLedIntoIsNoneAndIsRefused() {
    machine.map(
        VtdMachine.NETWORK_TABLE,
        VtdMachine.LEFTOVER_IOVA + 0x1000,
        VtdMachine.CRASH.first() + 0x1000,
        Permissions.READ_ONLY);
    List<Refusal> reasons = refused(Kind.CRASH_RANGE, VtdMachine.request(TARGET));
    Mapped mapped = assertInstanceOf(Mapped.class, reasons.getFirst().evidence().getLast());
    assertEquals(0xffe01000L, mapped.mapping().iova().first());
    assertEquals(0x1801000, mapped.mapping().physicalFirst());
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
    List<Refusal> reasons = refused(Kind.CONFLICT, VtdMachine.request(TARGET));
    assertEquals(
        List.of(
            new Refusal(
                Kind.CONFLICT,
                new AddressSpace(VtdMachine.NETWORK_TABLE, List.of(VtdMachine.NETWORK), List.of()),
                new Mapped(
                    new Mapping(
                        AddressRange.ofSize(iova, 0x1000), 0x77000, Permissions.READ_WRITE)))),
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
    List<Refusal> reasons =
        refused(Kind.NO_DEVICE, VtdMachine.request(TARGET, VtdMachine.DISK, VtdMachine.ABSENT));
    assertEquals(
        List.of(new Refusal(Kind.NO_DEVICE, new Requesters(VtdMachine.ABSENT), Fact.NO_ENTRY)),
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
    List<Refusal> reasons = refused(Kind.UNSUPPORTED, VtdMachine.request(TARGET));
    assertEquals(
        List.of(new Requesters(VtdMachine.DISK)), reasons.stream().map(Refusal::subject).toList());
    assertEquals(Fact.FIRST_STAGE_NOT_WRITTEN, reasons.getFirst().evidence().getFirst());
    OfTable of = assertInstanceOf(OfTable.class, reasons.getFirst().evidence().getLast());
    assertEquals(0x204000, of.table().root());
  }

  @Test
  void anArenaThatIsInUseIsRefusedUnlessAnEarlierArmingHasLeftItSo() {
    machine.memory().writeLong(VtdMachine.ARENA.last() - 7, 0x4889e5);
    List<Refusal> reasons = refused(Kind.ARENA_MISPLACED, VtdMachine.request(TARGET));
    assertEquals(
        List.of(misplaced(Fact.ARENA_IN_USE, new WordInUse(0x100fff8, 0x4889e5))), reasons);
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
    List<Refusal> reasons = refused(Kind.ARENA_MISPLACED, VtdMachine.request(TARGET));
    assertEquals(
        List.of(
            misplaced(
                Fact.ARENA_WRITTEN_BY_DEVICE,
                new OfTable(VtdMachine.NETWORK_TABLE),
                new Mapped(
                    new Mapping(
                        AddressRange.ofSize(VtdMachine.LEFTOVER_IOVA, 0x1000),
                        0x1003000,
                        Permissions.WRITE_ONLY)))),
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
    List<Refusal> reasons =
        refused(Kind.ARENA_MISPLACED, VtdMachine.request(TARGET, VtdMachine.NETWORK));
    assertEquals(1, reasons.size(), reasons.toString());
    List<Evidence> evidence = reasons.getFirst().evidence();
    assertEquals(
        List.of(Fact.ARENA_NOT_SAFE, new OfTable(VtdMachine.DISK_TABLE)), evidence.subList(0, 2));
    assertInstanceOf(Entry.class, evidence.get(2));
    assertEquals(Fact.AND_MORE, evidence.getLast());
  }

  @Test
  void anArenaThatUnreadDevicesMayWriteIsRefusedOnceForAllOfThem() {
    machine.memory().writeLong(VtdMachine.ROOT_TABLE + 16, RootEntry.low(1L << 40));
    List<Refusal> reasons =
        refused(Kind.ARENA_MISPLACED, VtdMachine.request(TARGET, VtdMachine.NETWORK));
    assertEquals(1, reasons.size());
    List<Evidence> evidence = reasons.getFirst().evidence();
    assertEquals(Fact.ARENA_NOT_SAFE, evidence.getFirst());
    assertAre(256, "01:00.0", "01:1f.7", ((OfDevices) evidence.get(1)).subject());
    assertInstanceOf(Attached.class, evidence.getLast());
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
    assertEquals(1, reasons.size());
    assertAre(65_536, "00:00.0", "ff:1f.7", (Requesters) reasons.getFirst().subject());
    assertInstanceOf(Attached.class, reasons.getFirst().evidence().getFirst());
  }

  private static void assertAre(int count, String first, String last, Requesters devices) {
    assertEquals(count, devices.requesters().size());
    assertEquals(RequesterId.parse(first), devices.requesters().getFirst());
    assertEquals(RequesterId.parse(last), devices.requesters().getLast());
  }

  private static Refusal misplaced(Evidence... evidence) {
    return new Refusal(Kind.ARENA_MISPLACED, new Arena(VtdMachine.ARENA), evidence);
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
    List<Refusal> reasons =
        refused(
            Kind.ARENA_MISPLACED,
            request(VtdMachine.CRASH, Optional.of(AddressRange.ofSize(0x1000, 0x4000))));
    List<Evidence> evidence =
        reasons.stream().flatMap(reason -> reason.evidence().stream()).toList();
    assertTrue(
        evidence.contains(new Overlap(Place.DEVICE_TABLE, AddressRange.ofSize(0x1000, 0x1000))),
        reasons.toString());
    assertTrue(
        evidence.contains(new Overlap(Place.PAGE_TABLE, AddressRange.ofSize(0x3000, 0x1000))),
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
