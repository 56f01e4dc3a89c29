// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import static org.crashlane.rule.RuleMachine.CARD;
import static org.crashlane.rule.RuleMachine.CRASH;
import static org.crashlane.rule.RuleMachine.DISK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.iommu.TableId;
import org.crashlane.machine.Device;
import org.crashlane.machine.DmaMask;
import org.crashlane.machine.DmaMasks;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Reading.Buffer;
import org.crashlane.rule.Reading.Reserved;
import org.crashlane.rule.Subject.AddressSpace;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a VT-d unit does besides translating: memory that it protects, and that it uses itself. */
class UnitRulesTest {
  private static final int CAP = 0x08;
  private static final int ECAP = 0x10;
  private static final int GSTS = 0x1c;
  private static final int PMEN = 0x64;
  private static final long PLMR = 1 << 5;
  private static final long PHMR = 1 << 6;
  private static final long EPM = 1L << 31;
  private static final long PRS = 1;

  private final RuleMachine machine = new RuleMachine();

  private void protectLow(long first, long last) {
    machine.register(CAP, PLMR).register(PMEN, EPM | PRS);
    machine.register(0x68, first).register(0x6c, last);
  }

  @Test
  void memoryProtectedWhileTranslationIsOffBreaksB3() {
    machine.notTranslating();
    protectLow(0x1f000000, 0x2fffffff);
    Finding finding = Verdicts.only(machine.judge(), FindingCode.B3, Severity.BROKEN);
    assertEquals(List.of(CRASH), finding.ranges());
    Reserved reserved = assertInstanceOf(Reserved.class, finding.evidence().getFirst());
    assertTrue(reserved.range().why().meaning().contains("PMEN"), finding.toString());
  }

  @Test
  void memoryProtectedFromADeviceThatPassesThroughBreaksB3() {
    machine.passThrough(DISK);
    protectLow(0x1f000000, 0x2fffffff);
    Verdicts.only(machine.judge(), FindingCode.B3, Severity.BROKEN);
  }

  @Test
  void protectionOfAnArmedDevicesMemoryIsTheUnitsChoiceAndSoUnknown() {
    machine.arm(machine.attach(DISK));
    protectLow(0x1f000000, 0x2fffffff);
    Verdicts.only(machine.judge(), FindingCode.B3, Severity.UNKNOWN);
  }

  @ParameterizedTest
  @CsvSource({
    "0x20f00000, 0x2fffffff, BROKEN",
    "0x20f00000, 0x20f00000, BROKEN",
    "0x10000000, 0x20000000, BROKEN",
    "0x21000000, 0x2fffffff, HOLDS",
    "0x10000000, 0x1fffffff, HOLDS",
    "0x2f000000, 0x10000000, HOLDS"
  })
  void partOfTheCrashRangeIsEnoughAndALimitBelowItsBaseIsNone(
      String base, String limit, Answer answer) {
    machine.notTranslating();
    protectLow(Long.decode(base), Long.decode(limit));
    assertEquals(answer, machine.judge().answer());
  }

  @Test
  void theHighRegionCountsTooWhereTheUnitHasOne() {
    machine.notTranslating().register(PMEN, EPM).register(0x70, CRASH.first());
    machine.register(0x78, CRASH.last());
    assertEquals(Answer.HOLDS, machine.judge().answer());
    machine.register(CAP, PHMR);
    Verdicts.only(machine.judge(), FindingCode.B3, Severity.BROKEN);
    machine.register(PMEN, 0);
    assertEquals(Answer.HOLDS, machine.judge().answer());
  }

  @ParameterizedTest
  @ValueSource(longs = {0x20000000, 0x20fff000, 0x1ffff000})
  void aPageRequestQueueInTheCrashRangeBreaksL3(long queue) {
    machine.arm(machine.attach(DISK));
    machine.register(ECAP, 1L << 29).register(0xd0, queue | 1);
    Finding finding = Verdicts.only(machine.judge(), FindingCode.L3, Severity.BROKEN);
    Buffer buffer = assertInstanceOf(Buffer.class, finding.evidence().getFirst());
    assertTrue(
        buffer.buffer().what().term().meaning().startsWith("page request queue"),
        finding.toString());
  }

  @Test
  void aBufferInTheSecondOfTwoCrashRangesBreaksL3() {
    AddressRange other = AddressRange.ofSize(0x18000000, 16 << 20);
    TableId table = machine.attach(DISK);
    machine.arm(table);
    machine.arm(table, other);
    machine.register(ECAP, 1L << 29).register(0xd0, CRASH.first() | 1);
    Finding finding = Verdicts.only(machine.judge(other, CRASH), FindingCode.L3, Severity.BROKEN);
    assertEquals(List.of(CRASH), finding.ranges());
  }

  @Test
  void buffersBesideTheCrashRangeAreFine() {
    machine.arm(machine.attach(DISK));
    machine.register(ECAP, 1L << 29).register(0xd0, CRASH.last() + 1);
    machine.register(GSTS, 1L << 26).register(0x90, CRASH.first() - 4096);
    assertEquals(Answer.HOLDS, machine.judge().answer());
  }

  @Test
  void anInvalidationQueueInTheCrashRangeBreaksL3WhileItIsOn() {
    machine.arm(machine.attach(DISK));
    machine.register(0x90, CRASH.first());
    assertEquals(Answer.HOLDS, machine.judge().answer());
    machine.register(GSTS, 1L << 26);
    Verdicts.only(machine.judge(), FindingCode.L3, Severity.BROKEN);
  }

  @Test
  void anAdvancedFaultLogInTheCrashRangeBreaksL3() {
    machine.arm(machine.attach(DISK));
    machine.register(GSTS, 1L << 28).register(0x58, CRASH.first() - 4096 | 1 << 9);
    Verdicts.only(machine.judge(), FindingCode.L3, Severity.BROKEN);
  }

  @ParameterizedTest
  @ValueSource(ints = {0x40, 0xa8})
  void anEventThatIsSentIntoTheCrashRangeBreaksL3(int register) {
    machine.arm(machine.attach(DISK));
    machine.register(register, 0xfee00000L);
    assertEquals(Answer.HOLDS, machine.judge().answer());
    machine.register(register, CRASH.first() + 8);
    Verdicts.only(machine.judge(), FindingCode.L3, Severity.BROKEN);
  }

  @Test
  void aPendingInvalidationWaitThatStoresIntoTheCrashRangeBreaksL3() {
    machine.arm(machine.attach(DISK));
    long queue = 0x300000;
    machine.register(GSTS, 1L << 26).register(0x90, queue);
    machine.word(queue + 0x10, 5 | 1 << 5 | 1L << 32);
    machine.word(queue + 0x18, CRASH.first());
    machine.register(0x80, 0x20).register(0x88, 0x20);
    assertEquals(Answer.HOLDS, machine.judge().answer());
    machine.register(0x80, 0x10);
    Verdicts.only(machine.judge(), FindingCode.L3, Severity.BROKEN);
  }

  @Test
  void aWidthBelowTheLargestInPassThroughIsUnknown() {
    machine.passThrough(DISK);
    assertEquals(Answer.HOLDS, machine.judge().answer());
    machine.register(CAP, 4L << 8);
    Verdicts.only(machine.judge(), FindingCode.W1, Severity.UNKNOWN);
  }

  @Test
  void aDeviceThatMayWriteAnotherUnitsTablesBreaksL3() {
    RuleMachine other = new RuleMachine();
    TableId armed = machine.attach(DISK);
    machine.arm(armed);
    TableId leftovers = other.attach(CARD);
    other.map(leftovers, 0x1000, armed.root() + 0x100000);
    List<JudgedUnit> units =
        List.of(
            new JudgedUnit(RuleMachine.machine(), machine.tables()),
            new JudgedUnit(RuleMachine.machine(), other.tables()));
    assertEquals(List.of(), Verdicts.of(judge(units), FindingCode.L3));
    other.map(leftovers, 0x2000, RuleMachine.ARENA.first());
    Finding finding = Verdicts.of(judge(units), FindingCode.L3).getFirst();
    assertEquals(List.of(CARD), ((AddressSpace) finding.subject()).users());
  }

  private static Verdict judge(List<JudgedUnit> units) {
    return KdumpIoRule.judge(units, AuditLimits.DEFAULT);
  }

  @Test
  void protectionIsNamedWithTheRangeThatItShares() {
    machine.notTranslating();
    protectLow(0x20800000, 0x2fffffff);
    Finding finding = Verdicts.only(machine.judge(), FindingCode.B3, Severity.BROKEN);
    assertEquals(List.of(new AddressRange(0x20800000, CRASH.last())), finding.ranges());
  }

  @Test
  void buffersAtTheEndOfAllAddressesEndThere() {
    machine.arm(machine.attach(DISK));
    machine.register(ECAP, 1L << 29).register(0xd0, -1);
    machine.register(0x40, 0xffff_ffffL).register(0x44, 0xffff_ffffL);
    machine.register(GSTS, 1L << 26 | 1L << 28).register(0x90, -1).register(0x58, -1);
    machine.register(0x80, -1).register(0x88, 16);
    assertEquals(Answer.HOLDS, machine.judge().answer());
  }

  @Test
  void protectionOfACrashRangeBeyondTheDevicesMasksKeepsNothingFromIt() {
    AddressRange high = AddressRange.ofSize(0x1_4000_0000L, 16 << 20);
    machine.notTranslating().register(CAP, PHMR).register(PMEN, EPM);
    machine.register(0x70, high.first()).register(0x78, high.last());
    Device narrow = disk(DmaMasks.ofBits(32));
    assertEquals(Answer.HOLDS, machine.judgeWith(narrow, high, CRASH).answer());
    Device wideRings = disk(new DmaMasks(DmaMask.ofBits(32), DmaMask.ofBits(64)));
    Verdicts.only(machine.judgeWith(wideRings, high, CRASH), FindingCode.B3, Severity.BROKEN);
  }

  private static Device disk(DmaMasks masks) {
    return new Device(DISK, "disk", DumpRole.NAMED, masks, false);
  }

  @ParameterizedTest
  @CsvSource({
    "0x20000fc0, 0, BROKEN",
    "0x1fffffc0, 0, HOLDS",
    "0x21000000, 0, HOLDS",
    "0x20000fc0, 1, HOLDS"
  })
  void interruptsThatArePostedIntoTheCrashRangeBreakL3(String at, long high, Answer answer) {
    long table = 0x600000;
    machine.arm(machine.attach(DISK));
    machine.remappingInterrupts(1L << 25 | 1L << 24 | 1L << 23, table | 7);
    machine.word(table + 255 * 16, 1 | 1L << 15 | Long.decode(at) >>> 6 << 38);
    machine.word(table + 255 * 16 + 8, high << 32);
    Verdict verdict = machine.judge();
    assertEquals(answer == Answer.BROKEN, !Verdicts.of(verdict, FindingCode.L3).isEmpty());
  }

  @Test
  void anEntryBehindTheEndOfASmallTableOrOneThatIsNotPostedPostsNothing() {
    long table = 0x600000;
    machine.arm(machine.attach(DISK));
    machine.remappingInterrupts(1L << 25 | 1L << 24 | 1L << 23, table);
    long descriptor = CRASH.first() >>> 6 << 38;
    machine.word(table, 1 | descriptor);
    machine.word(table + 16, 1L << 15 | descriptor);
    machine.word(table + 32, 1 | 1L << 15 | descriptor);
    assertEquals(List.of(), Verdicts.of(machine.judge(), FindingCode.L3));
  }

  @Test
  void eventAddressesAndProtectionHave64Bits() {
    AddressRange high = AddressRange.ofSize(0x1_4000_0000L, 16 << 20);
    Device wide = disk(DmaMasks.ofBits(64));
    machine.notTranslating();
    machine.register(0x40, high.first()).register(0x44, 0);
    machine.register(0x40, high.first() & 0xffff_ffffL).register(0x44, 1);
    Verdicts.only(machine.judgeWith(wide, high), FindingCode.L3, Severity.BROKEN);
    machine.register(0x44, 0).register(CAP, PHMR).register(PMEN, EPM);
    machine.register(0x70, high.first()).register(0x78, high.last());
    Verdicts.only(machine.judgeWith(wide, high), FindingCode.B3, Severity.BROKEN);
    assertEquals(Answer.HOLDS, machine.judgeWith(wide, CRASH).answer());
  }

  @Test
  void aQueueOfWideDescriptorsThatWrapsIsReadToItsTail() {
    long queue = 0x300000;
    machine.arm(machine.attach(DISK));
    machine.register(GSTS, 1L << 26);
    machine.word(queue, 5 | 1 << 5);
    machine.word(queue + 8, CRASH.first());
    machine.register(0x80, 0x1fe0).register(0x88, 0x20).register(0x90, queue | 1 << 11 | 1);
    Verdicts.only(machine.judge(), FindingCode.L3, Severity.BROKEN);
    machine.word(queue, 0);
    machine.word(queue + 0x10, 5 | 1 << 5);
    machine.word(queue + 0x18, CRASH.first());
    assertEquals(Answer.HOLDS, machine.judge().answer());
  }

  @Test
  void oneUnitThatTranslatesIsEnoughToAskForTheDumpDevice() {
    machine.notTranslating();
    RuleMachine other = new RuleMachine();
    Device card = new Device(RuleMachine.CARD, "card", DumpRole.NONE);
    Machine known = new Machine(List.of(RuleMachine.RAM), List.of(CRASH), List.of(card));
    for (List<RuleMachine> order : List.of(List.of(machine, other), List.of(other, machine))) {
      List<JudgedUnit> units =
          order.stream().map(unit -> new JudgedUnit(known, unit.tables())).toList();
      Verdicts.only(judge(units), FindingCode.M1, Severity.UNKNOWN);
    }
  }
}
