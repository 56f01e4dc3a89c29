// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import static org.crashlane.iommu.InterruptMachine.DISK;
import static org.crashlane.iommu.InterruptMachine.IO_APIC;
import static org.crashlane.iommu.InterruptMachine.TABLE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;
import java.util.stream.IntStream;
import org.crashlane.bits.Reason;
import org.crashlane.interrupt.InterruptFate;
import org.crashlane.iommu.InterruptMachine;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.memory.Store;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Reading.Interrupt;
import org.crashlane.rule.Reading.Registers;
import org.crashlane.rule.Reading.TablePage;
import org.crashlane.rule.Reading.VectorFate;
import org.crashlane.rule.Reading.Vectors;
import org.crashlane.rule.Remedy.KernelOption;
import org.crashlane.rule.Remedy.PrepareInterrupts;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Subject.IoApic;
import org.crashlane.rule.Subject.OfDevice;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** C3 on an AMD-Vi unit, device by device, and on VT-d, where registers decide for all. */
final class InterruptRulesTest {
  private static final long FORWARD = 0x1000_0000_0000_0001L;

  private final InterruptMachine machine = new InterruptMachine();

  private Verdict judge() {
    return KdumpIoRule.judge(machine.machine(true), machine.tables());
  }

  private static List<Finding> interrupts(Verdict verdict) {
    return verdict.findings().stream().filter(f -> f.code() == FindingCode.C3).toList();
  }

  private static Finding only(Verdict verdict) {
    List<Finding> found = interrupts(verdict);
    assertEquals(1, found.size(), found.toString());
    return found.getFirst();
  }

  private static Vectors fated(VectorFate fate, IntStream vectors) {
    return new Vectors(fate, vectors.boxed().toList());
  }

  private static void assertShows(Evidence evidence, Finding finding) {
    assertTrue(finding.evidence().contains(evidence), finding::toString);
  }

  /** Of vectors that do not arrive, the first is kept with what becomes of it. */
  private static InterruptFate example(Finding finding) {
    return finding.evidence().stream()
        .filter(Interrupt.class::isInstance)
        .map(interrupt -> ((Interrupt) interrupt).fate())
        .reduce((_, _) -> fail("more than one"))
        .orElseThrow();
  }

  private void prepare() {
    for (Store store : machine.tables().interrupts().prepare(DISK).stores()) {
      machine.memory().writeLong(store.address(), store.after());
    }
  }

  @Test
  void devicesWhoseInterruptsAreNotRemappedHold() {
    assertEquals(List.of(), interrupts(judge()));
  }

  @Test
  void anEmptyTableBlocksEverythingAndCanBePrepared() {
    machine.remap(DISK, TABLE);
    Finding finding = only(judge());
    assertEquals(Severity.BROKEN, finding.severity());
    OfDevice disk = assertInstanceOf(OfDevice.class, finding.subject());
    assertEquals("00:04.0 nvme", disk.device().toString());
    assertShows(fated(VectorFate.BLOCKED, IntStream.rangeClosed(0x20, 0xee)), finding);
    assertEquals(new Reason.At(0x400200), example(finding).evidence().details().getFirst());
    assertShows(Fact.JUDGED_NOT_OBSERVED, finding);
    assertEquals(
        List.of(
            KernelOption.NO_INTERRUPT_REMAPPING,
            new PrepareInterrupts(207, List.of()),
            KernelOption.NO_MSI),
        finding.remedies());
  }

  @Test
  void aPreparedTableHolds() {
    machine.remap(DISK, TABLE);
    prepare();
    assertEquals(Answer.HOLDS, judge().answer());
  }

  @Test
  void aVectorThatThePrimaryHasTakenLeavesItUnknown() {
    machine.remap(DISK, TABLE);
    machine.entry(TABLE, 0x31, 0, 0x77);
    prepare();
    Finding finding = only(judge());
    assertEquals(Severity.UNKNOWN, finding.severity());
    IntStream others = IntStream.rangeClosed(0x20, 0xee).filter(vector -> vector != 0x31);
    assertShows(fated(VectorFate.ARRIVES, others), finding);
    assertShows(fated(VectorFate.ELSEWHERE, IntStream.of(0x31)), finding);
    assertEquals(
        0x77, assertInstanceOf(InterruptFate.Redirected.class, example(finding)).target().vector());
    assertEquals(Answer.UNKNOWN, judge().answer());
  }

  @Test
  void aTableThatCannotBeReadIsUnknown() {
    machine.remap(DISK, 1L << 40);
    Finding finding = only(judge());
    assertEquals(Severity.UNKNOWN, finding.severity());
    assertShows(fated(VectorFate.UNKNOWN, IntStream.rangeClosed(0x20, 0xee)), finding);
  }

  @Test
  void anIoApicThatIsBlockedTakesTheWayOutByLegacyInterruptsAway() {
    machine.remap(DISK, TABLE);
    machine.control(IO_APIC, 1);
    List<Finding> found = interrupts(judge());
    assertEquals(2, found.size());
    assertEquals(new IoApic(IO_APIC), found.getFirst().subject());
    found.forEach(f -> assertEquals(KernelOption.NO_IO_APIC_NOR_MSI, f.remedies().getLast()));
  }

  private List<Finding> withoutIoApics() {
    return interrupts(KdumpIoRule.judge(machine.machine(false), machine.tables()));
  }

  @Test
  void anIoApicThatIsNotKnownFaresAsTheDevicesWhereAllSendersFareAlike() {
    assertEquals(List.of(), withoutIoApics());
    machine.control(IO_APIC, FORWARD);
    assertEquals(List.of(), withoutIoApics());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, FORWARD | 1L << 52})
  void anIoApicThatIsNotKnownIsNoPassWhereItMayBeBlocked(long control) {
    machine.control(IO_APIC, control);
    List<Finding> found = withoutIoApics();
    assertEquals(1, found.size(), found.toString());
    assertEquals(Part.IO_APICS, found.getFirst().subject());
    assertEquals(Severity.UNKNOWN, found.getFirst().severity());
  }

  @Test
  void aDumpPathThatIsNotKnownIsNoPassWhereInterruptsAloneAreRemapped() {
    RuleMachine vtd = new RuleMachine().notTranslating();
    Device card = new Device(RuleMachine.CARD, "card", DumpRole.NONE);
    assertEquals(Answer.HOLDS, vtd.judge(card).answer());
    Verdict verdict = vtd.remappingInterrupts(0x200_0000L, 0x30_0000L).judge(card);
    assertEquals(Answer.UNKNOWN, verdict.answer());
    assertEquals(FindingCode.M1, verdict.findings().getFirst().code());
  }

  @Test
  void interruptTablesInTheCrashRangeAreOverwritten() {
    machine.remap(DISK, InterruptMachine.TABLE_IN_CRASH_RANGE);
    prepare();
    List<Finding> place =
        judge().findings().stream().filter(f -> f.code() == FindingCode.L3).toList();
    assertEquals(1, place.size(), place.toString());
    assertShows(new TablePage(0x2100000), place.getFirst());
  }

  @Test
  void vtdBlocksAllUnlessCompatibilityFormatIsLetPass() {
    RuleMachine vtd = new RuleMachine();
    vtd.arm(vtd.attach(RuleMachine.DISK));
    long irta = 0x30_0000L;
    Finding finding = ofTheDisk(vtd.remappingInterrupts(0x200_0000L, irta).judge());
    assertEquals(Severity.BROKEN, finding.severity());
    Registers registers = assertInstanceOf(Registers.class, finding.evidence().getFirst());
    assertTrue(registers.words().get(1).toString().contains("IRTA 0x300000"), finding::toString);
    Reason.Fields deciding =
        assertInstanceOf(Reason.Fields.class, example(finding).evidence().details().getFirst());
    assertEquals(
        List.of("IRES=1", "CFIS=0", "EIME=0"),
        deciding.fields().stream().map(f -> f.field().name() + "=" + f.value()).toList());
    assertTrue(finding.remedies().contains(Step.LET_COMPATIBILITY_PASS), finding::toString);
    assertEquals(KernelOption.NO_INTERRUPT_REMAPPING, finding.remedies().getFirst());
    Finding extended = ofTheDisk(vtd.remappingInterrupts(0x280_0000L, irta | 0x800).judge());
    assertEquals(KernelOption.NO_INTERRUPT_REMAPPING_NOR_X2APIC, extended.remedies().getFirst());
    assertFalse(extended.remedies().contains(Step.LET_COMPATIBILITY_PASS), extended::toString);
    assertEquals(Answer.HOLDS, vtd.remappingInterrupts(0x280_0000L, irta).judge().answer());
  }

  @Test
  void vtdIsJudgedWhereItRemapsInterruptsAlone() {
    RuleMachine vtd = new RuleMachine().notTranslating();
    Verdict verdict = vtd.remappingInterrupts(0x200_0000L, RuleMachine.CRASH.first()).judge();
    assertEquals(Severity.BROKEN, ofTheDisk(verdict).severity());
    assertTrue(verdict.findings().stream().anyMatch(f -> f.code() == FindingCode.L3));
  }

  /** {@return the finding on the disk: the IOAPIC is a note} */
  private static Finding ofTheDisk(Verdict verdict) {
    List<Finding> found =
        interrupts(verdict).stream().filter(f -> f.severity() != Severity.NOTE).toList();
    assertEquals(1, found.size(), found.toString());
    return found.getFirst();
  }

  @Test
  void whatProcessorsArbitrateForMayGoToOneThatIsHaltedAndSoIsUnknown() {
    machine.remap(DISK, TABLE);
    for (int vector = 0x20; vector <= 0xee; vector++) {
      machine.entry(TABLE, vector, 0xff, vector);
    }
    assertEquals(List.of(), interrupts(judge()));
    long arbitrated = 1 << 2;
    for (int vector = 0x20; vector <= 0xee; vector++) {
      long at = TABLE + vector * 16L;
      machine.memory().writeLong(at, machine.memory().readLong(at) | arbitrated);
    }
    assertEquals(Severity.UNKNOWN, only(judge()).severity());
  }
}
