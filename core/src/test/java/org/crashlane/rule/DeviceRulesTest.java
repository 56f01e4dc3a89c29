// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import static org.crashlane.rule.RuleMachine.CARD;
import static org.crashlane.rule.RuleMachine.CRASH;
import static org.crashlane.rule.RuleMachine.DISK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.List;
import org.crashlane.iommu.TableId;
import org.crashlane.machine.Device;
import org.crashlane.machine.DmaMask;
import org.crashlane.machine.DmaMasks;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.LowMemoryNeeds;
import org.crashlane.machine.Machine;
import org.crashlane.machine.MemoryEncryption;
import org.crashlane.memory.AddressRange;
import org.crashlane.rehearsal.Prediction;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Reading.DeviceFact;
import org.crashlane.rule.Reading.Devices;
import org.crashlane.rule.Reading.Mask;
import org.crashlane.rule.Reading.MaskUse;
import org.crashlane.rule.Remedy.CrashRangeBelow;
import org.crashlane.rule.Subject.AddressSpace;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;

/** B1 and G1: what a device reaches, and whose it is. */
class DeviceRulesTest {
  private static final AddressRange LOW = AddressRange.ofSize(0x1000000, 64 << 20);
  private static final AddressRange HIGH = AddressRange.ofSize(0x1_0000_0000L, 128 << 20);
  private static final Device GUESTS =
      new Device(CARD, "vf", DumpRole.NONE, DmaMasks.UNKNOWN, true);
  private static final Device NVME = new Device(DISK, "nvme", DumpRole.NAMED);

  private final RuleMachine machine = new RuleMachine();

  @Test
  void crashRangeBeyondTheDumpDevicesMaskBreaksB1() {
    Verdict verdict = judge(disk(0xffff_ffffL), HIGH);
    Finding finding = only(verdict);
    assertEquals(FindingCode.B1, finding.code());
    assertEquals(List.of(HIGH), finding.ranges());
    assertEquals(List.of(new Mask(MaskUse.STREAMING, DmaMask.ofBits(32))), finding.evidence());
    assertEquals(List.of(new CrashRangeBelow(1L << 32)), finding.remedies());
    assertEquals(Prediction.NO_DUMP, Prediction.of(Strategy.NONE, verdict));
  }

  @Test
  void ofTwoCrashRangesOneWithinReachIsEnough() {
    assertEquals(Answer.HOLDS, judge(disk(0xffff_ffffL), HIGH, LOW).answer());
  }

  @Test
  void lastAddressOfTheRangeCounts() {
    assertEquals(Answer.HOLDS, judge(disk(LOW.last()), LOW).answer());
    Verdicts.only(judge(disk(LOW.last() - 1), LOW), FindingCode.B1, Severity.BROKEN);
    assertEquals(Answer.HOLDS, judge(disk(-1), HIGH).answer());
  }

  @Test
  void theOrderOfCrashRangesMakesNoDifference() {
    assertEquals(Answer.HOLDS, judge(disk(0xffff_ffffL), LOW, HIGH).answer());
    assertEquals(Answer.HOLDS, judge(disk(0xffff_ffffL), HIGH, LOW).answer());
  }

  @Test
  void aCrashRangeBeyondTheDevicesMaskNeedNotBeWithinTheIommusWidth() {
    AddressRange beyond = AddressRange.ofSize(1L << 40, 16 << 20);
    machine.arm(machine.attach(DISK));
    assertEquals(
        List.of(),
        Verdicts.of(machine.judgeWith(disk(0xffff_ffffL), CRASH, beyond), FindingCode.B2));
    assertEquals(1, Verdicts.of(machine.judgeWith(disk(-1), CRASH, beyond), FindingCode.B2).size());
    assertEquals(1, Verdicts.of(machine.judgeWith(disk(-1), beyond, CRASH), FindingCode.B2).size());
  }

  @Test
  void aMaskThatIsNotKnownIsUnknownWhereNoCrashRangeIsLow() {
    Device disk = new Device(DISK, "disk", DumpRole.NAMED);
    Verdicts.only(judge(disk, HIGH), FindingCode.B1, Severity.UNKNOWN);
    assertEquals(Answer.HOLDS, judge(disk, HIGH, LOW).answer());
  }

  @Test
  void masksOfDevicesThatTheDumpDoesNotNeedAreNotJudged() {
    Device card = new Device(CARD, "card", DumpRole.NONE, DmaMasks.ofBits(16), false);
    Machine both = new Machine(List.of(RuleMachine.RAM), List.of(HIGH), List.of(disk(-1), card));
    assertEquals(Answer.HOLDS, KdumpIoRule.judge(both).answer());
  }

  @Test
  void whetherTheDumpDeviceReachesAHighCrashRangeIsUnknownWhereItIsNotNamed() {
    Device card = new Device(CARD, "card", DumpRole.NONE, DmaMasks.ofBits(64), false);
    machine.notTranslating();
    for (Verdict verdict : List.of(judge(card, HIGH), machine.judgeWith(card, HIGH))) {
      Verdicts.only(verdict, FindingCode.M1, Severity.UNKNOWN);
    }
    assertEquals(Answer.HOLDS, judge(card, LOW).answer());
    assertEquals(Answer.HOLDS, machine.judgeWith(card, HIGH, LOW).answer());
  }

  @Test
  void ofACrashRangeBeyondBothMasksNothingHasToBeMapped() {
    machine.arm(machine.attach(DISK), LOW);
    assertEquals(Answer.HOLDS, machine.judgeWith(disk(0xffff_ffffL), HIGH, LOW).answer());
    Verdicts.only(
        machine.judgeWith(disk(HIGH.first()), HIGH, LOW), FindingCode.A1, Severity.BROKEN);
    Device wideRings = raid(DmaMask.ofBits(32), DmaMask.ofBits(64));
    Verdicts.only(machine.judgeWith(wideRings, HIGH, LOW), FindingCode.A1, Severity.BROKEN);
    Device unknown = raid(DmaMask.ofBits(32), DmaMask.unknown());
    Verdicts.only(machine.judgeWith(unknown, HIGH, LOW), FindingCode.A1, Severity.BROKEN);
  }

  @Test
  void aDeviceTableThatTakesAllOfALowRangeHasRoomAndNoMore() {
    Machine plain = new Machine(List.of(RuleMachine.RAM), List.of(LOW), List.of(disk(-1)));
    LowMemoryNeeds all = new LowMemoryNeeds(0, LOW.sizeBytes());
    LowMemoryNeeds more = new LowMemoryNeeds(0, LOW.sizeBytes() + 1);
    assertEquals(Answer.HOLDS, KdumpIoRule.judge(plain.withCaptureNeeds(all)).answer());
    Verdicts.only(KdumpIoRule.judge(plain.withCaptureNeeds(more)), FindingCode.B4, Severity.BROKEN);
  }

  @Test
  void ringsThatHaveNoCrashRangeBelowTheirMaskBreakB4() {
    Device raid = raid(DmaMask.ofBits(63), DmaMask.ofBits(32));
    Finding finding = Verdicts.only(judge(raid, HIGH), FindingCode.B4, Severity.BROKEN);
    assertEquals(List.of(new Mask(MaskUse.COHERENT, DmaMask.ofBits(32))), finding.evidence());
    assertEquals(Answer.HOLDS, judge(raid, HIGH, LOW).answer());
    assertEquals(Answer.HOLDS, judge(raid, LOW, HIGH).answer());
  }

  @Test
  void whereNothingIsWithinReachB1SaysAll() {
    Verdicts.only(
        judge(raid(DmaMask.ofBits(32), DmaMask.ofBits(32)), HIGH), FindingCode.B1, Severity.BROKEN);
  }

  @Test
  void aCoherentMaskThatIsNotKnownIsUnknownWhereNoCrashRangeIsLow() {
    Device raid = raid(DmaMask.ofBits(64), DmaMask.unknown());
    Verdicts.only(judge(raid, HIGH), FindingCode.B4, Severity.UNKNOWN);
    assertEquals(Answer.HOLDS, judge(raid, LOW).answer());
  }

  private static Device raid(DmaMask streaming, DmaMask coherent) {
    return new Device(DISK, "raid", DumpRole.NAMED, new DmaMasks(streaming, coherent), false);
  }

  @Test
  void aPoolThatLeavesNoRoomForTheKernelBreaksB4() {
    Machine machine = machine(disk(-1), LOW);
    long sizeBytes = LOW.sizeBytes();
    Verdicts.only(
        KdumpIoRule.judge(machine.withCaptureNeeds(new LowMemoryNeeds(sizeBytes, 0))),
        FindingCode.B4,
        Severity.BROKEN);
    assertEquals(
        Answer.HOLDS,
        KdumpIoRule.judge(machine.withCaptureNeeds(new LowMemoryNeeds(sizeBytes / 2, 0))).answer());
  }

  @Test
  void aConfidentialGuestBouncesThroughAPoolOf64MebibytesUnlessOtherwiseSaid() {
    Machine guest = machine(disk(-1), LOW).withEncryption(MemoryEncryption.Guest.INSTANCE);
    Verdicts.only(KdumpIoRule.judge(guest), FindingCode.B4, Severity.BROKEN);
    assertEquals(
        Answer.HOLDS,
        KdumpIoRule.judge(guest.withCaptureNeeds(new LowMemoryNeeds(16 << 20, 0))).answer());
  }

  @Test
  void aPoolOrADeviceTableHasToLieBelow4Gibibytes() {
    for (LowMemoryNeeds needs :
        List.of(new LowMemoryNeeds(1 << 20, 0), new LowMemoryNeeds(0, 2 << 20))) {
      Verdicts.only(
          KdumpIoRule.judge(machine(disk(-1), HIGH).withCaptureNeeds(needs)),
          FindingCode.B4,
          Severity.BROKEN);
      assertEquals(
          Answer.HOLDS,
          KdumpIoRule.judge(machine(disk(-1), HIGH, LOW).withCaptureNeeds(needs)).answer());
    }
  }

  @Test
  void aGuessedDumpPathIsNotedAndUnknownWhereAnotherDeviceIsNotArmed() {
    Device guessed = new Device(DISK, "disk", DumpRole.GUESSED);
    Device card = new Device(CARD, "card", DumpRole.NONE);
    machine.arm(machine.attach(DISK));
    Verdicts.only(machine.judge(guessed, card), FindingCode.M1, Severity.NOTE);
    TableId cards = machine.attach(CARD);
    Finding finding = Verdicts.only(machine.judge(guessed, card), FindingCode.M1, Severity.UNKNOWN);
    assertEquals(new Devices(DeviceFact.NOT_ARMED, List.of(card)), finding.evidence().getLast());
    machine.arm(cards);
    Verdicts.only(machine.judge(guessed, card), FindingCode.M1, Severity.NOTE);
  }

  @Test
  void aGuessIsUnknownWhereADeviceThatMayTakeTheDumpIsBlocked() {
    Device guessed = new Device(DISK, "disk", DumpRole.GUESSED);
    machine.arm(machine.attach(DISK));
    Device bridge = new Device(CARD, "bridge", DumpRole.NONE);
    Verdicts.only(machine.judge(guessed, bridge), FindingCode.M1, Severity.NOTE);
    Device network = new Device(CARD, "network card", DumpRole.POSSIBLE);
    Finding finding =
        Verdicts.only(machine.judge(guessed, network), FindingCode.M1, Severity.UNKNOWN);
    assertEquals(new Devices(DeviceFact.NOT_ARMED, List.of(network)), finding.evidence().getLast());
    Device named = new Device(DISK, "disk", DumpRole.NAMED);
    assertEquals(Answer.HOLDS, machine.judge(named, network).answer(), "it is no guess");
    machine.passThrough(CARD);
    Verdicts.only(machine.judge(guessed, network), FindingCode.M1, Severity.NOTE);
  }

  @Test
  void reachIsJudgedWithTablesToo() {
    machine.arm(machine.attach(DISK));
    Device disk = disk(CRASH.first());
    assertEquals(FindingCode.B1, only(machine.judge(disk)).code());
    assertEquals(Answer.HOLDS, machine.judge(disk(CRASH.last())).answer());
  }

  @Test
  void crashRangeInAGuestsTableBreaksG1() {
    machine.arm(machine.attach(DISK));
    TableId guests = machine.attach(CARD);
    assertEquals(Answer.HOLDS, machine.judge(NVME, GUESTS).answer());
    machine.map(guests, CRASH.first(), CRASH.first());
    Finding finding = only(machine.judge(NVME, GUESTS));
    assertEquals(FindingCode.G1, finding.code());
    assertEquals(List.of(AddressRange.ofSize(CRASH.first(), 4096)), finding.ranges());
    AddressSpace space = assertInstanceOf(AddressSpace.class, finding.subject());
    assertEquals(List.of(GUESTS), space.devices());
    assertEquals(guests, space.table());
    Verdict hosts = machine.judge(NVME, new Device(CARD, "vf", DumpRole.NONE));
    assertEquals(FindingCode.L1, only(hosts).code(), "one page is not what arming leaves");
  }

  @Test
  void crashPagesAtAGuestsOwnAddressesBreakG1Too() {
    machine.arm(machine.attach(DISK));
    machine.map(machine.attach(CARD), 0x5000, CRASH.last() - 4095);
    List<FindingCode> codes =
        machine.judge(NVME, GUESTS).findings().stream()
            .filter(f -> f.severity() == Severity.BROKEN)
            .map(Finding::code)
            .toList();
    assertEquals(List.of(FindingCode.G1, FindingCode.L1), codes);
  }

  @Test
  void guestsDeviceThatPassesUntranslatedBreaksG1() {
    machine.arm(machine.attach(DISK));
    machine.passThrough(CARD);
    assertEquals(FindingCode.G1, only(machine.judge(NVME, GUESTS)).code());
    assertEquals(Answer.HOLDS, machine.judge(NVME, new Device(CARD, "vf", DumpRole.NONE)).answer());
  }

  @Test
  void dumpThroughAGuestsDeviceBreaksG1() {
    Device disk = new Device(DISK, "disk", DumpRole.NAMED, DmaMasks.UNKNOWN, true);
    Finding finding = only(judge(disk, LOW));
    assertEquals(FindingCode.G1, finding.code());
    assertEquals(List.of(Fact.GUEST_OWNS_DUMP_DEVICE), finding.evidence());
  }

  private static Device disk(long mask) {
    DmaMask known = new DmaMask.Known(mask);
    return new Device(DISK, "disk", DumpRole.NAMED, new DmaMasks(known, known), false);
  }

  private static Verdict judge(Device device, AddressRange... crashRanges) {
    return KdumpIoRule.judge(machine(device, crashRanges));
  }

  private static Machine machine(Device device, AddressRange... crashRanges) {
    return new Machine(
        List.of(new AddressRange(0, HIGH.last())), List.of(crashRanges), List.of(device));
  }

  private static Finding only(Verdict verdict) {
    assertEquals(1, verdict.findings().size(), verdict.toString());
    return verdict.findings().getFirst();
  }
}
