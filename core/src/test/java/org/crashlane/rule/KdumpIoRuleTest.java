// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import static org.crashlane.rule.RuleMachine.ARENA;
import static org.crashlane.rule.RuleMachine.CARD;
import static org.crashlane.rule.RuleMachine.CRASH;
import static org.crashlane.rule.RuleMachine.DISK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Reading.AddressFact;
import org.crashlane.rule.Reading.Addresses;
import org.crashlane.rule.Reading.Mapped;
import org.crashlane.rule.Reading.Spent;
import org.crashlane.rule.Subject.AddressSpace;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KdumpIoRuleTest {
  private static final long PAGE = 4096;
  private static final long ELSEWHERE = 0x8000000;

  private final RuleMachine machine = new RuleMachine();

  @Test
  void nothingSetUpBreaksA1OverTheWholeCrashRange() {
    machine.attach(DISK);
    Verdict verdict = machine.judge();
    assertEquals(Answer.BROKEN, verdict.answer());
    Finding finding = only(verdict, FindingCode.A1);
    assertEquals(List.of(CRASH), finding.ranges());
    assertTrue(
        finding.evidence().contains(new Addresses(AddressFact.HOLE, CRASH)), finding.toString());
    assertEquals(List.of("00:04.0 nvme"), devices(finding));
  }

  @Test
  void theArmedCrashRangeHolds() {
    machine.arm(machine.attach(DISK));
    assertEquals(Verdict.of(List.of()), machine.judge());
  }

  /** RTADDR.TTM: 3 has all DMA blocked, 1 is scalable mode, which this unit does not have. */
  @ParameterizedTest
  @ValueSource(longs = {0xc00, 0x400})
  void aUnitThatBlocksAllHasNoWayForTheDumpWhateverItsTablesMap(long tableMode) {
    machine.arm(machine.attach(DISK));
    Verdict verdict = machine.register(0x20, tableMode).judge();
    assertEquals(Answer.BROKEN, verdict.answer());
    only(verdict, FindingCode.A3);
  }

  @Test
  void bothOfTwoCrashRangesMustBeMapped() {
    AddressRange low = AddressRange.ofSize(0x30000000, 4 << 20);
    TableId table = machine.attach(DISK);
    machine.arm(table);
    assertEquals(List.of(low), only(machine.judge(CRASH, low), FindingCode.A1).ranges());
    machine.arm(table, low);
    assertEquals(Answer.HOLDS, machine.judge(CRASH, low).answer());
  }

  @Test
  void onePageLeftOutIsFoundAndNamed() {
    TableId table = machine.attach(DISK);
    long missing = CRASH.first() + 5 * PAGE;
    machine.arm(table, new AddressRange(CRASH.first(), missing - 1));
    machine.arm(table, new AddressRange(missing + PAGE, CRASH.last()));
    Finding finding = only(machine.judge(), FindingCode.A1);
    assertTrue(
        finding
            .evidence()
            .contains(new Addresses(AddressFact.HOLE, AddressRange.ofSize(missing, PAGE))),
        finding.toString());
  }

  @Test
  void firstAndLastPageCountToo() {
    TableId table = machine.attach(DISK);
    machine.arm(table, new AddressRange(CRASH.first() + PAGE, CRASH.last() - PAGE));
    Finding finding = only(machine.judge(), FindingCode.A1);
    assertEquals(
        List.of(
            new Amount(Quantity.BYTES_UNMAPPED, 0x2000, 0x1000000),
            new Addresses(AddressFact.HOLE, AddressRange.ofSize(CRASH.first(), PAGE)),
            new Addresses(AddressFact.HOLE, AddressRange.ofSize(CRASH.last() + 1 - PAGE, PAGE))),
        finding.evidence());
  }

  @Test
  void aMissingRightBreaksA2() {
    TableId table = machine.attach(DISK);
    long page = CRASH.first() + PAGE;
    machine.mapReadOnly(table, page, page);
    machine.arm(table, AddressRange.ofSize(CRASH.first(), PAGE));
    machine.arm(table, new AddressRange(page + PAGE, CRASH.last()));
    Finding finding = only(machine.judge(), FindingCode.A2);
    Mapping readOnly = new Mapping(AddressRange.ofSize(page, PAGE), page, Permissions.READ_ONLY);
    assertEquals(new Mapped(readOnly), finding.evidence().get(1));
  }

  @Test
  void aDeviceWithoutAnEntryBreaksA3() {
    machine.arm(machine.attach(CARD));
    only(machine.judge(), FindingCode.A3);
  }

  @Test
  void anEntryThatBlocksBreaksA3() {
    machine.context(DISK, 0x1000 | 1 | 3 << 2, 1);
    only(machine.judge(), FindingCode.A3);
  }

  @Test
  void aDeviceOffTheDumpPathNeedsNothing() {
    machine.arm(machine.attach(DISK));
    machine.attach(CARD);
    assertEquals(Answer.HOLDS, machine.judge().answer());
  }

  @Test
  void aDeviceThatPassesUntranslatedNeedsNothing() {
    machine.passThrough(DISK);
    assertEquals(Answer.HOLDS, machine.judge().answer());
  }

  @Test
  void aUnitThatDoesNotTranslateNeedsNothing() {
    machine.attach(DISK);
    assertEquals(Answer.HOLDS, machine.notTranslating().judge().answer());
  }

  @Test
  void anIovaOfTheCrashRangeThatLeadsElsewhereBreaksA4() {
    TableId table = machine.attach(DISK);
    machine.map(table, CRASH.first(), ELSEWHERE);
    machine.arm(table, new AddressRange(CRASH.first() + PAGE, CRASH.last()));
    Verdict verdict = machine.judge();
    assertEquals(
        List.of(FindingCode.A4, FindingCode.L2),
        verdict.findings().stream().map(Finding::code).toList());
  }

  @Test
  void aCrashRangeBeyondTheTablesWidthBreaksB2() {
    machine.attach(DISK);
    List<FindingCode> codes = codes(machine.judge(AddressRange.ofSize(1L << 39, 1 << 20)));
    assertTrue(codes.contains(FindingCode.B2), codes.toString());
  }

  @Test
  void aCrashRangeOverTheInterruptWindowBreaksB3() {
    machine.attach(DISK);
    List<FindingCode> codes = codes(machine.judge(new AddressRange(0xfe000000L, 0xfeffffffL)));
    assertTrue(codes.contains(FindingCode.B3), codes.toString());
  }

  @Test
  void aLeftoverThatReachesIntoTheCrashRangeBreaksL1AlsoOffTheDumpPath() {
    machine.arm(machine.attach(DISK));
    machine.map(machine.attach(CARD), 0xfffff000L, CRASH.first());
    Verdict verdict = machine.judge();
    assertEquals(Answer.BROKEN, verdict.answer());
    assertEquals(List.of(FindingCode.L1, FindingCode.L2), codes(verdict));
  }

  @Test
  void leftoversAreNotedAndTellWhetherTheirAddressesAreMemory() {
    TableId table = machine.attach(DISK);
    machine.arm(table);
    machine.map(table, 0xfffff000L, ELSEWHERE);
    Verdict outside = machine.judge();
    assertEquals(Answer.HOLDS, outside.answer());
    assertEquals(List.of(), only(outside, FindingCode.L2).ranges());
    machine.map(table, 0x5000, ELSEWHERE);
    assertEquals(
        List.of(AddressRange.ofSize(0x5000, PAGE)), only(machine.judge(), FindingCode.L2).ranges());
  }

  @Test
  void tablesInsideTheCrashRangeBreakL3() {
    machine.arm(machine.attach(DISK));
    Finding finding = only(machine.judge(ARENA), FindingCode.L3);
    assertEquals(List.of(ARENA), finding.ranges());
  }

  @Test
  void aDeviceThatMayWriteTheTablesBreaksL3() {
    TableId table = machine.attach(DISK);
    machine.arm(table);
    machine.map(table, 0xfffff000L, table.root());
    List<FindingCode> codes = codes(machine.judge());
    assertTrue(codes.contains(FindingCode.L3), codes.toString());
  }

  @Test
  void aDeviceThatMayOnlyReadTheTablesDoesNot() {
    TableId table = machine.attach(DISK);
    machine.arm(table);
    machine.mapReadOnly(table, 0xfffff000L, table.root());
    assertEquals(Answer.HOLDS, machine.judge().answer());
  }

  @Test
  void aMalformedEntryIsNoted() {
    TableId table = machine.attach(DISK);
    machine.arm(table);
    machine.entry(table, 0xfffff000L, ELSEWHERE | 3 | 1L << 11);
    Verdict verdict = machine.judge();
    assertEquals(Answer.HOLDS, verdict.answer());
    only(verdict, FindingCode.W1);
  }

  @Test
  void aTablePageThatIsNotThereMakesTheAnswerUnknownNeverAPass() {
    machine.share(DISK, new TableId(0x7fff000000L, SecondLevelEntry.geometry(3)));
    Verdict verdict = machine.judge();
    assertEquals(Answer.UNKNOWN, verdict.answer());
    only(verdict, FindingCode.W1);
  }

  @Test
  void aTableOffTheDumpPathThatIsNotThereIsUnknownTooForItMayReachTheCrashRange() {
    machine.arm(machine.attach(DISK));
    machine.share(CARD, new TableId(0x7fff000000L, SecondLevelEntry.geometry(3)));
    Verdict verdict = machine.judge();
    assertEquals(Answer.UNKNOWN, verdict.answer());
    assertEquals(Severity.UNKNOWN, only(verdict, FindingCode.L1).severity());
  }

  @Test
  void aHoleIsCertainWhereWhatWasNotReadCannotServeIt() {
    TableId table = machine.attach(DISK);
    machine.topEntry(table, 300, 0x7fff000003L);
    Verdict verdict = machine.judge();
    assertEquals(Answer.BROKEN, verdict.answer());
    assertEquals(List.of(FindingCode.A1, FindingCode.W1), codes(verdict));
  }

  @Test
  void withoutAKnownDumpPathTheAnswerIsUnknown() {
    machine.arm(machine.attach(DISK));
    Machine nobody = new Machine(List.of(RuleMachine.RAM), List.of(CRASH), List.of());
    Verdict verdict = KdumpIoRule.judge(nobody, machine.tables());
    assertEquals(Answer.UNKNOWN, verdict.answer());
    only(verdict, FindingCode.M1);
  }

  @Test
  void aMachineWithoutACrashRangeIsTheCallersMistake() {
    assertThrows(
        IllegalArgumentException.class, () -> new Machine(List.of(), List.of(), List.of()));
  }

  @Test
  void theInterruptWindowCountsForUntranslatedDevicesToo() {
    machine.passThrough(DISK);
    only(machine.judge(new AddressRange(0xfe000000L, 0xfeffffffL)), FindingCode.B3);
  }

  @Test
  void whatCostsMoreThanTheLimitsIsNotJudgedAndSaidToBeUnknown() {
    machine.share(DISK, machine.pagesThatPointAtEachOther(64));
    Verdict verdict = machine.judge(new AuditLimits(1000, 100_000));
    Finding finding =
        verdict.findings().stream()
            .filter(f -> f.code() == FindingCode.L3 && f.severity() == Severity.UNKNOWN)
            .findFirst()
            .orElseThrow();
    Spent spent = assertInstanceOf(Spent.class, finding.evidence().getFirst());
    assertEquals(1000, spent.limits().tablePageCount());
  }

  @Test
  void devicesThatShareATableAreJudgedOnce() {
    machine.share(CARD, machine.attach(DISK));
    Finding finding = only(machine.judge(), FindingCode.A1);
    assertEquals(List.of("00:04.0 nvme"), devices(finding));
    assertEquals(Set.of(DISK, CARD), Set.copyOf(((AddressSpace) finding.subject()).users()));
  }

  private static List<String> devices(Finding finding) {
    AddressSpace space = assertInstanceOf(AddressSpace.class, finding.subject());
    return space.devices().stream().map(Device::toString).toList();
  }

  private static List<FindingCode> codes(Verdict verdict) {
    return verdict.findings().stream().map(Finding::code).toList();
  }

  /** The one finding of that code. */
  private static Finding only(Verdict verdict, FindingCode code) {
    List<Finding> found = verdict.findings().stream().filter(f -> f.code() == code).toList();
    assertEquals(1, found.size(), verdict.toString());
    return found.getFirst();
  }

  @Test
  void devicesOfAnotherSegmentAreFoundInTheTablesOfTheirUnit() {
    machine.arm(machine.attach(DISK));
    Device disk = new Device(DISK.inSegment(1), "nvme", DumpRole.NAMED);
    assertEquals(Verdict.of(List.of()), machine.judge(disk));
    machine.attach(CARD);
    Device card = new Device(CARD.inSegment(1), "card", DumpRole.NAMED);
    Finding finding = Verdicts.only(machine.judge(card), FindingCode.A1, Severity.BROKEN);
    assertEquals(List.of("0001:00:05.0 card"), devices(finding));
  }
}
