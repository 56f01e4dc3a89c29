// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.RegisterValues;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.UnitState.Translation;
import org.crashlane.iommu.Window;
import org.crashlane.iommu.flat.FlatMapper;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.AuditLimits;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.KdumpIoRule;
import org.crashlane.rule.Severity;
import org.junit.jupiter.api.Test;

/**
 * What holds of other vendors' tables holds of a GART's where it can: there are no entries for
 * requesters, no table pages to take, and nothing outside the aperture is ever blocked.
 */
class GartTablesTest {
  private static final RequesterId DISK = RequesterId.parse("00:04.0");
  private static final RequesterId CARD = RequesterId.parse("00:05.0");
  private static final Aperture APERTURE = new Aperture(0x2000_0000L, 0);
  private static final AddressRange RAM = AddressRange.ofSize(0, 1 << 30);
  private static final AddressRange CRASH = AddressRange.ofSize(0x3000_0000L, 16 << 20);
  private static final long TABLE = 0x10_0000;
  private static final long SCRATCH = 0x20_0000;
  private static final TableId ID = TableId.flat(TABLE, Gpte.PAGE_BYTES);

  private final SparseMemory memory = SparseMemory.ofSize(RAM.sizeBytes());
  private final UnitConfig config = UnitConfig.translating(APERTURE, TABLE);
  private final FlatMapper writer = GartFixture.mapper(config, new ScratchPage(SCRATCH).entry());

  private static RegisterFile registers(long control) {
    return RegisterValues.of(
        Map.of(
            Registers.APERTURECTL, control,
            Registers.APERTUREBASE, APERTURE.baseRegister(),
            Registers.TABLEBASE, Registers.TableBase.encode(TABLE)));
  }

  private GartTables open() {
    return GartTables.open(memory, registers(config.apertureControl()), List.of(CARD, DISK, DISK));
  }

  private void allToScratch() {
    writer.unmap(memory, APERTURE.range());
  }

  private void map(long iova, long target, long size) {
    Mapping wanted = new Mapping(AddressRange.ofSize(iova, size), target, Permissions.READ_WRITE);
    assertInstanceOf(MapResult.Mapped.class, writer.map(memory, wanted));
  }

  private RecordedWalk walk() {
    RecordedWalk walk = new RecordedWalk();
    open().walk(ID, walk);
    return walk;
  }

  private List<FindingCode> judge(AddressRange crash) {
    Machine machine =
        new Machine(
            List.of(RAM),
            List.of(crash),
            List.of(
                new Device(DISK, "disk", DumpRole.NAMED), new Device(CARD, "card", DumpRole.NONE)));
    return KdumpIoRule.judge(machine, open(), AuditLimits.DEFAULT).findings().stream()
        .map(Finding::code)
        .toList();
  }

  @Test
  void requestersShareTheTableInOrderEachOnce() {
    assertEquals(
        List.of(new Attachment.Translated(DISK, ID, 0), new Attachment.Translated(CARD, ID, 0)),
        open().devices().attachments());
  }

  @Test
  void requestersPassWhereTheApertureIsOff() {
    GartTables off = GartTables.open(memory, registers(0), List.of(DISK));
    assertEquals(Translation.PASSES, off.state().translation());
    assertEquals(List.of(new Attachment.PassThrough(DISK, 0)), off.devices().attachments());
    assertFalse(off.unmappable().stream().anyMatch(u -> u.range().overlaps(APERTURE.range())));
  }

  @Test
  void stateHasTheRegisters() {
    assertEquals(Translation.TRANSLATES, open().state().translation());
    assertEquals(TABLE, open().state().rootAddress());
    assertEquals(
        List.of("APERTURECTL", "APERTUREBASE", "TABLEBASE"),
        open().state().description().stream().map(word -> word.layout().name()).toList());
  }

  @Test
  void entriesToTheScratchPageAreNoMappings() {
    allToScratch();
    assertEquals(List.of(), walk().mappings());
    map(APERTURE.addressOf(40), 0x500_0000, 8192);
    assertEquals(
        List.of(
            new Mapping(
                AddressRange.ofSize(APERTURE.addressOf(40), 8192),
                0x500_0000,
                Permissions.READ_WRITE)),
        walk().mappings());
  }

  @Test
  void scratchPageIsTheOneThatMostEntriesLeadTo() {
    assertEquals(Optional.empty(), likely());
    map(APERTURE.addressOf(1), 0x500_0000, 4096);
    assertEquals(Optional.empty(), likely());
    map(APERTURE.addressOf(3), 0x500_0000, 4096);
    assertEquals(Optional.of(new ScratchPage(0x500_0000)), likely());
    writer.unmap(memory, AddressRange.ofSize(APERTURE.addressOf(100), 3 * 4096));
    assertEquals(Optional.of(new ScratchPage(SCRATCH)), likely());
  }

  private Optional<ScratchPage> likely() {
    return ScratchPage.likely(memory, config.flat());
  }

  @Test
  void whatIsUntouchedOrMappedIsWhereHardwareLetsRequestsGo() {
    SplittableRandom random = new SplittableRandom(1);
    allToScratch();
    for (int i = 0; i < 50; i++) {
      map(APERTURE.addressOf(1 + 100 * i), 0x500_0000 + i * 0x10000L, 4096L * (1 + i % 9));
    }
    Unit hardware = new Unit(memory, config, CacheState.uncached());
    for (Mapping mapping : walk().mappings()) {
      long offset = random.nextLong(mapping.iova().sizeBytes());
      assertEquals(
          new Outcome.Reached(mapping.physicalFirst() + offset),
          hardware.translate(new Request(DISK, mapping.iova().first() + offset, Access.WRITE)));
    }
    for (AddressRange range : open().bypassRanges(DISK)) {
      for (long iova : new long[] {range.first(), range.last()}) {
        assertEquals(
            new Outcome.Reached(iova), hardware.translate(new Request(DISK, iova, Access.READ)));
      }
    }
  }

  @Test
  void nothingHasToBeMappedOutsideTheAperture() {
    allToScratch();
    MapResult result = open().mapIdentity(memory, ID, Window.ofCrashRange(CRASH), PageArena.of());
    assertEquals(new MapResult.Mapped(0, 0, CRASH.sizeBytes()), result);
  }

  @Test
  void apertureAndInterruptWindowAreRefused() {
    AddressRange across = AddressRange.ofSize(APERTURE.range().last() + 1 - 4096, 8192);
    for (AddressRange range : List.of(across, InterruptWindow.RANGE)) {
      assertInstanceOf(
          MapResult.Refused.class,
          open().mapIdentity(memory, ID, Window.ofCrashRange(range), PageArena.of()));
    }
  }

  @Test
  void partPagesAndOthersTablesAreACallersMistake() {
    AddressRange part = AddressRange.ofSize(CRASH.first(), 100);
    GartTables tables = open();
    assertThrows(
        IllegalArgumentException.class,
        () -> tables.mapIdentity(memory, ID, Window.ofCrashRange(part), PageArena.of()));
    assertThrows(
        IllegalArgumentException.class,
        () -> tables.walk(TableId.flat(TABLE + 4096, Gpte.PAGE_BYTES), new RecordedWalk()));
  }

  @Test
  void walkReadsThePagesOfTheTable() {
    allToScratch();
    assertEquals(8, walk().tablePages().size());
    assertEquals(List.of(), open().devices().pages());
  }

  @Test
  void ruleHoldsWithoutAnyEntryAndDevicesThatReachTheTableAreNoFinding() {
    allToScratch();
    assertEquals(List.of(), judge(CRASH));
  }

  @Test
  void ruleFindsACrashRangeUnderTheAperture() {
    allToScratch();
    assertEquals(
        List.of(FindingCode.B3, FindingCode.A1),
        judge(AddressRange.ofSize(APERTURE.base() - 0x10000, 0x20000)));
    map(APERTURE.base(), 0x500_0000, 4096);
    assertTrue(
        judge(AddressRange.ofSize(APERTURE.base() - 0x10000, 0x20000)).contains(FindingCode.A4));
  }

  @Test
  void ruleFindsLeftoversThatReachIn() {
    allToScratch();
    map(APERTURE.base(), CRASH.first(), 4096);
    assertTrue(judge(CRASH).contains(FindingCode.L1));
  }

  @Test
  void ruleFindsTheTableInTheCrashRangeAndEntriesThatLeadToIt() {
    allToScratch();
    assertEquals(List.of(FindingCode.L3), judge(AddressRange.ofSize(TABLE, 0x10000)));
    map(APERTURE.base(), TABLE, 4096);
    assertTrue(judge(CRASH).contains(FindingCode.L3));
  }

  @Test
  void aPageOfTheCrashRangeIsNeverAScratchPage() {
    for (int count : new int[] {1, 2, 100}) {
      AddressRange iovas = AddressRange.ofSize(APERTURE.range().first(), count * 4096L);
      GartFixture.mapper(config, new ScratchPage(CRASH.first()).entry()).unmap(memory, iovas);
      assertEquals(List.of(FindingCode.L1), broken(CRASH), count + " entries");
    }
  }

  @Test
  void allEntriesToOnePageOfTheCrashRangeBreakL1() {
    GartFixture.mapper(config, new ScratchPage(CRASH.first()).entry())
        .unmap(memory, APERTURE.range());
    assertEquals(List.of(FindingCode.L1), broken(CRASH));
  }

  private List<FindingCode> broken(AddressRange crash) {
    Machine machine =
        new Machine(
            List.of(RAM), List.of(crash), List.of(new Device(DISK, "disk", DumpRole.NAMED)));
    return KdumpIoRule.judge(machine, open()).findings().stream()
        .filter(f -> f.severity() == Severity.BROKEN)
        .map(Finding::code)
        .toList();
  }
}
