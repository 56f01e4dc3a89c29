// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.interrupt.Interrupts;
import org.crashlane.interrupt.Processors;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Window;
import org.crashlane.iommu.vtd.ContextEntry;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.machine.Device;
import org.crashlane.machine.DmaMasks;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.KdumpIoRule;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A machine where interrupts are writes that the IOMMU translates: its doorbell, which is no
 * memory, has to be reached as the crash range has, but to be written alone.
 */
class DoorbellTest {
  private static final Target TARGET = new Target("/dev/shm/test.ram", "memory of the test");
  private static final AddressRange DOORBELL = AddressRange.ofSize(0x3fe0_0000, 0x1000);
  private static final Window WINDOW = Window.ofDoorbell(DOORBELL);

  @TempDir Path directory;

  private final SparseMemory memory = SparseMemory.ofSize(VtdMachine.MEMORY_BYTES);
  private final VtdMachine machine = VtdMachine.buildIn(memory);

  private static Machine machine(RequesterId disk, AddressRange... doorbells) {
    Device device =
        new Device(disk, "nvme", DumpRole.NAMED, DmaMasks.ofBits(29), /* assignedToGuest= */ false);
    return new Machine(
            List.of(AddressRange.ofSize(0, VtdMachine.MEMORY_BYTES)),
            List.of(VtdMachine.CRASH),
            List.of(device))
        .withInterrupts(new Interrupts(Processors.UNKNOWN, List.of(), List.of(doorbells)));
  }

  private Verdict judge(RequesterId disk) {
    return KdumpIoRule.judge(machine(disk, DOORBELL), machine.tables());
  }

  private Verdict judge() {
    return judge(VtdMachine.DISK);
  }

  private static Finding a6(Verdict verdict) {
    List<Finding> broken =
        verdict.findings().stream().filter(f -> f.severity() == Severity.BROKEN).toList();
    assertEquals(1, broken.size(), verdict::toString);
    assertEquals(FindingCode.A6, broken.getFirst().code());
    assertEquals(List.of(DOORBELL), broken.getFirst().ranges());
    return broken.getFirst();
  }

  private PlanResult plan(Window... besides) {
    List<Window> windows = new ArrayList<>(machine(VtdMachine.DISK, DOORBELL).windows());
    windows.addAll(List.of(besides));
    return machine.plan(
        new PlanRequest(
            TARGET, windows, Set.of(), Optional.of(VtdMachine.ARENA), VtdMachine.earlier()));
  }

  private ArmResult.Armed arm() throws IOException {
    ArmingPlan plan = assertInstanceOf(PlanResult.Planned.class, plan()).plan();
    return assertInstanceOf(ArmResult.Armed.class, hand().arm(plan));
  }

  private MemoryHand hand() {
    return new MemoryHand(TARGET, memory, machine.tables(), directory);
  }

  private byte[] bytes() {
    byte[] bytes = new byte[(int) VtdMachine.MEMORY_BYTES];
    memory.read(0, bytes, 0, bytes.length);
    return bytes;
  }

  private void armCrashRangeAlone() {
    VtdMachine.CRASH_PAGES.forEach(
        page -> machine.map(VtdMachine.DISK_TABLE, page, page, Permissions.READ_WRITE));
  }

  private void map(long iova, long page, Permissions rights) {
    machine.map(VtdMachine.DISK_TABLE, iova, page, rights);
  }

  @Test
  void aDoorbellThatIsNotMappedBreaksA6ThoughTheCrashRangeIs() {
    armCrashRangeAlone();
    a6(judge());
  }

  @Test
  void aDoorbellThatCanOnlyBeReadBreaksA6() {
    armCrashRangeAlone();
    map(DOORBELL.first(), DOORBELL.first(), Permissions.READ_ONLY);
    a6(judge());
  }

  @Test
  void aDoorbellsAddressThatLeadsElsewhereBreaksA6() {
    armCrashRangeAlone();
    map(DOORBELL.first(), 0x10_0000, Permissions.READ_WRITE);
    a6(judge());
  }

  @Test
  void aDoorbellThatCanBeWrittenIsEnough() {
    armCrashRangeAlone();
    map(DOORBELL.first(), DOORBELL.first(), Permissions.WRITE_ONLY);
    assertEquals(Answer.HOLDS, judge().answer());
  }

  @Test
  void aDoorbellBeyondWhatTheTablesTranslateBreaksA6() {
    armCrashRangeAlone();
    Machine far = machine(VtdMachine.DISK, AddressRange.ofSize(1L << 40, 0x1000));
    Verdict verdict = KdumpIoRule.judge(far, machine.tables());
    assertTrue(
        verdict.findings().stream()
            .filter(f -> f.severity() == Severity.BROKEN)
            .allMatch(f -> f.code() == FindingCode.A6),
        verdict::toString);
    assertEquals(Answer.BROKEN, verdict.answer());
  }

  @Test
  void aDeviceThatPassesUntranslatedReachesIt() {
    assertEquals(Answer.HOLDS, judge(VtdMachine.PASSING).answer());
  }

  @Test
  void aBranchThatCannotBeReadMakesTheAnswerUnknown() {
    armCrashRangeAlone();
    memory.writeLong(
        SecondLevelEntry.ADDR.inPlace(memory.readLong(VtdMachine.DISK_TABLE.root()))
            + Long.BYTES * (DOORBELL.first() >>> 21),
        SecondLevelEntry.table(0x4000_0000));
    assertEquals(Answer.UNKNOWN, judge().answer());
  }

  @Test
  void armingMapsItToBeWrittenAndDisarmingTakesItOut() throws IOException {
    byte[] before = bytes();
    ArmResult.Armed armed = arm();
    assertEquals(Answer.HOLDS, judge().answer());
    assertEquals(
        List.of(Window.ofCrashRange(VtdMachine.CRASH), WINDOW),
        Journal.open(armed.journal()).content().windows());
    assertEquals(
        Permissions.WRITE_ONLY,
        MappingSet.of(machine.tables(), VtdMachine.DISK_TABLE).stream()
            .filter(mapping -> mapping.iova().overlaps(DOORBELL))
            .findFirst()
            .orElseThrow()
            .permissions());
    assertTrue(hand().disarm().isComplete());
    assertArrayEquals(before, bytes());
  }

  @Test
  void aKernelsOwnMappingOfItElsewhereIsNothingAgainstArming() throws IOException {
    map(VtdMachine.LEFTOVER_IOVA + 0x1000, DOORBELL.first(), Permissions.WRITE_ONLY);
    arm();
    assertEquals(Answer.HOLDS, judge().answer());
  }

  @Test
  void aMappingInItsPlaceIsRefused() {
    map(DOORBELL.first(), 0x10_0000, Permissions.READ_WRITE);
    Refused refused = assertInstanceOf(Refused.class, plan());
    assertEquals(List.of(Kind.CONFLICT), refused.reasons().stream().map(Refusal::kind).toList());
  }

  @Test
  void aCrashRangeThatIsNoMemoryIsRefusedStill() {
    Refused refused = assertInstanceOf(Refused.class, plan(Window.ofCrashRange(DOORBELL)));
    assertEquals(Kind.CRASH_RANGE, refused.reasons().getFirst().kind());
  }

  @Test
  void aDeviceWithoutAnEntryBreaksA3() {
    machine.context(VtdMachine.DISK, ContextEntry.low(0, 0) & ~1, 0);
    assertEquals(
        List.of(FindingCode.A3),
        judge().findings().stream()
            .filter(f -> f.severity() == Severity.BROKEN)
            .map(Finding::code)
            .toList());
  }
}
