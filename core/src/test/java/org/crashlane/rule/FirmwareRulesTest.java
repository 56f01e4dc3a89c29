// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import static org.crashlane.rule.RuleMachine.CARD;
import static org.crashlane.rule.RuleMachine.CRASH;
import static org.crashlane.rule.RuleMachine.DISK;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.crashlane.iommu.TableId;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
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
    return RuleMachine.machine().withFirmwareRegions(List.of(regions));
  }

  @Test
  void aRegionOfAnotherDeviceInTheCrashRangeBreaksF1() {
    armDisk();
    machine.arm(machine.attach(CARD), PART);
    Finding finding =
        Verdicts.only(
            machine.judge(with(new FirmwareRegion(CARD, PART))), FindingCode.F1, Severity.BROKEN);
    assertEquals(Optional.of(PART), finding.range());
    assertEquals(CARD.toString(), finding.subject());
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
    assertEquals(Optional.of(CRASH), finding.range());
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
    assertEquals(Optional.of(PART), finding.range());
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
    assertEquals(Answer.BROKEN, machine.judge().answer());
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
}
