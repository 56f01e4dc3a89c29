// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import static org.crashlane.rule.RuleMachine.CARD;
import static org.crashlane.rule.RuleMachine.CRASH;
import static org.crashlane.rule.RuleMachine.DISK;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.crashlane.iommu.TableId;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Subject.OfFirmware;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;

/** Memory of the crash range that somebody has a device use, and how it differs from arming. */
class FirmwareRulesTest {
  private static final AddressRange PART = AddressRange.ofSize(CRASH.first() + 0x100000, 0x20000);

  private final RuleMachine machine = new RuleMachine();

  private void armDisk() {
    machine.arm(machine.attach(DISK));
  }

  private static Machine with(FirmwareRegion... regions) {
    return RuleMachine.with(RuleMachine.machine(), regions);
  }

  @Test
  void aRegionOfAnotherDeviceInTheCrashRangeBreaksF1() {
    armDisk();
    machine.arm(machine.attach(CARD), PART);
    Finding finding =
        Verdicts.only(
            machine.judge(with(new FirmwareRegion(CARD, PART))), FindingCode.F1, Severity.BROKEN);
    assertEquals(List.of(PART), finding.ranges());
    assertEquals(new OfFirmware(new FirmwareRegion(CARD, PART)), finding.subject());
  }

  @Test
  void aRegionOfTheDumpDeviceItselfBreaksF1ThoughItIsArmed() {
    armDisk();
    Verdicts.only(
        machine.judge(with(new FirmwareRegion(DISK, PART))), FindingCode.F1, Severity.BROKEN);
  }

  @Test
  void aRegionThatIsLargerThanTheCrashRangeBreaksF1ThoughTheTableLooksArmed() {
    armDisk();
    machine.arm(machine.attach(CARD));
    AddressRange larger = new AddressRange(CRASH.first() - 0x100000, CRASH.last() + 0x100000);
    Finding finding =
        Verdicts.only(
            machine.judge(with(new FirmwareRegion(CARD, larger))), FindingCode.F1, Severity.BROKEN);
    assertEquals(List.of(CRASH), finding.ranges());
  }

  @Test
  void aRegionBesideTheCrashRangeIsNoAffairOfTheRule() {
    armDisk();
    AddressRange before = AddressRange.ofSize(CRASH.first() - 0x10000, 0x10000);
    machine.arm(machine.attach(CARD), before);
    assertEquals(Verdict.of(List.of()), machine.judge(with(new FirmwareRegion(CARD, before))));
  }

  @Test
  void aRegionThatTheTablesDoNotMapIsBlockedAndNoted() {
    armDisk();
    machine.attach(CARD);
    Verdicts.only(
        machine.judge(with(new FirmwareRegion(CARD, PART))), FindingCode.F1, Severity.NOTE);
  }

  @Test
  void aRegionBreaksF1WhereTheDevicePassesOrNothingIsTranslatedOrThereIsNoIommu() {
    FirmwareRegion region = new FirmwareRegion(CARD, PART);
    armDisk();
    machine.passThrough(CARD);
    Verdicts.only(machine.judge(with(region)), FindingCode.F1, Severity.BROKEN);
    machine.notTranslating();
    Verdicts.only(machine.judge(with(region)), FindingCode.F1, Severity.BROKEN);
    Verdicts.only(KdumpIoRule.judge(with(region)), FindingCode.F1, Severity.BROKEN);
  }

  @Test
  void aRegionInTheSecondOfTwoCrashRangesBreaksF1() {
    AddressRange other = AddressRange.ofSize(0x18000000, 16 << 20);
    Machine two =
        new Machine(
            List.of(RuleMachine.RAM), List.of(other, CRASH), RuleMachine.machine().devices());
    Finding finding =
        Verdicts.only(
            KdumpIoRule.judge(RuleMachine.with(two, new FirmwareRegion(CARD, PART))),
            FindingCode.F1,
            Severity.BROKEN);
    assertEquals(List.of(PART), finding.ranges());
  }

  @Test
  void aRegionOfARangeOfDevicesIsThatOfEachOfThem() {
    armDisk();
    FirmwareRegion all =
        new FirmwareRegion(
            new RequesterId(0), new RequesterId(0xffff), PART, FirmwareRegion.Kind.EXCLUDED);
    Verdicts.only(machine.judge(with(all)), FindingCode.F1, Severity.BROKEN);
  }

  @Test
  void aRegionOfADeviceThatNobodyKnowsIsUnknown() {
    armDisk();
    FirmwareRegion region = new FirmwareRegion(RequesterId.parse("05:00.0"), PART);
    Verdicts.only(machine.judge(with(region)), FindingCode.F1, Severity.UNKNOWN);
  }

  @Test
  void aPartOfTheCrashRangeMappedToItselfForAnotherDeviceBreaksL1() {
    armDisk();
    TableId table = machine.attach(CARD);
    machine.arm(table, PART);
    Finding finding = Verdicts.only(machine.judge(), FindingCode.L1, Severity.BROKEN);
    assertEquals(List.of(PART), finding.ranges());
  }

  @Test
  void theWholeCrashRangeMappedToItselfForAnotherDeviceIsWhatArmingLeaves() {
    armDisk();
    machine.arm(machine.attach(CARD));
    assertEquals(Verdict.of(List.of()), machine.judge());
  }

  @Test
  void theWholeCrashRangeWithoutTheRightToWriteIsNot() {
    armDisk();
    TableId table = machine.attach(CARD);
    for (long page = CRASH.first(); page < CRASH.last(); page += 4096) {
      machine.mapReadOnly(table, page, page);
    }
    Verdicts.only(machine.judge(), FindingCode.L1, Severity.BROKEN);
  }

  @Test
  void ofTwoCrashRangesEachIsAskedByItself() {
    AddressRange second = AddressRange.ofSize(0x30000000, 4 << 20);
    TableId disk = machine.attach(DISK);
    machine.arm(disk);
    machine.arm(disk, second);
    machine.arm(machine.attach(CARD), second);
    assertEquals(Answer.HOLDS, machine.judge(CRASH, second).answer());
    assertEquals(Answer.HOLDS, machine.judge(second, CRASH).answer());
  }

  @Test
  void whereTheDeviceGetsInAnotherCrashRangeIsNoReachOfItsRegion() {
    AddressRange second = AddressRange.ofSize(0x30000000, 4 << 20);
    TableId disk = machine.attach(DISK);
    machine.arm(disk);
    machine.arm(disk, second);
    TableId card = machine.attach(CARD);
    machine.arm(card, second);
    Machine two =
        RuleMachine.with(
            new Machine(
                List.of(RuleMachine.RAM), List.of(CRASH, second), RuleMachine.machine().devices()),
            new FirmwareRegion(CARD, PART));
    Verdicts.only(machine.judge(two), FindingCode.F1, Severity.NOTE);
    machine.map(card, PART.last() & -4096L, PART.last() & -4096L);
    Verdicts.only(machine.judge(two), FindingCode.F1, Severity.BROKEN);
  }

  @Test
  void aRegionThatIsNotMappedExcusesNoOtherPartOfTheCrashRange() {
    armDisk();
    machine.map(machine.attach(CARD), CRASH.first(), CRASH.first());
    Verdict verdict = machine.judge(with(new FirmwareRegion(CARD, PART)));
    assertEquals(Severity.NOTE, severity(verdict, FindingCode.F1));
    assertEquals(Severity.BROKEN, severity(verdict, FindingCode.L1));
  }

  @Test
  void aRegionThatTablesMapElsewhereIsNotInTheCrashRange() {
    armDisk();
    machine.map(machine.attach(CARD), PART.first(), 0x8000000);
    Verdict verdict = machine.judge(with(new FirmwareRegion(CARD, PART)));
    assertEquals(Severity.NOTE, severity(verdict, FindingCode.F1));
  }

  @Test
  void aRegionBehindTablesThatCannotBeReadIsNotKnown() {
    armDisk();
    machine.topEntry(machine.attach(CARD), 0, 0x70_0000_0003L);
    Verdict verdict = machine.judge(with(new FirmwareRegion(CARD, PART)));
    assertEquals(Severity.UNKNOWN, severity(verdict, FindingCode.F1));
  }

  @Test
  void whereNothingIsTranslatedDevicesThatNobodyKnowsGetThroughToo() {
    machine.notTranslating();
    FirmwareRegion region = new FirmwareRegion(RequesterId.parse("05:00.0"), PART);
    Verdicts.only(machine.judge(with(region)), FindingCode.F1, Severity.BROKEN);
  }

  @Test
  void theSameNumberInAnotherSegmentIsAnotherDevice() {
    armDisk();
    machine.arm(machine.attach(CARD));
    FirmwareRegion other = new FirmwareRegion(CARD.inSegment(1), PART);
    Verdicts.only(machine.judge(with(other)), FindingCode.F1, Severity.UNKNOWN);
  }

  @Test
  void ofSeveralUnitsThatWhichLetsADeviceThroughDecides() {
    armDisk();
    machine.attach(CARD);
    RuleMachine open = new RuleMachine();
    open.passThrough(CARD);
    open.passThrough(DISK);
    List<JudgedUnit> units =
        List.of(
            new JudgedUnit(with(new FirmwareRegion(CARD, PART)), machine.tables()),
            new JudgedUnit(with(new FirmwareRegion(CARD, PART)), open.tables()));
    Verdict verdict = KdumpIoRule.judge(units, AuditLimits.DEFAULT);
    Verdicts.only(verdict, FindingCode.F1, Severity.BROKEN);
  }

  private static Severity severity(Verdict verdict, FindingCode code) {
    return Verdicts.of(verdict, code).getFirst().severity();
  }
}
