// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.crashlane.arming.ArmResult;
import org.crashlane.arming.ArmingPlan;
import org.crashlane.arming.MemoryHand;
import org.crashlane.arming.PlanRequest;
import org.crashlane.arming.PlanResult;
import org.crashlane.arming.Planner;
import org.crashlane.arming.Refusal;
import org.crashlane.arming.Refused;
import org.crashlane.arming.Target;
import org.crashlane.interrupt.InterruptRemapping;
import org.crashlane.interrupt.Interrupts;
import org.crashlane.interrupt.Processors;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.Known;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.UnitState.Translation;
import org.crashlane.iommu.paging.PagedTables;
import org.crashlane.machine.Device;
import org.crashlane.machine.DmaMasks;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.KdumpIoRule;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A vendor unlike any there is, judged, planned, armed, read back and disarmed. */
class ToyArmingTest {
  private static final Target TARGET = new Target("/dev/shm/test.ram", "memory of the test");
  private static final RequesterId DISK = RequesterId.parse("00:04.0");
  private static final int PAGE = 0x1_0000;
  private static final AddressRange CRASH = AddressRange.ofSize(0x8000_0000L, 5 * PAGE);
  private static final AddressRange DOORBELL = AddressRange.ofSize(0x4_0801_0000L, PAGE);
  private static final AddressRange ARENA = AddressRange.ofSize(0x1000_1000L, 8 * PAGE);

  @TempDir Path directory;

  private final ToyMachine machine = new ToyMachine();

  /** Tables of one device. */
  private static final class ToyTables extends PagedTables {
    private final ToyMachine machine;

    ToyTables(ToyMachine machine) {
      super(
          new UnitState(Translation.TRANSLATES, Known.NO, false, ToyMachine.TOP, List.of()),
          machine.memory,
          ToyMachine.PAGING,
          InterruptRemapping.none(),
          List.of(),
          Set.of());
      this.machine = machine;
    }

    @Override
    protected DeviceTables deviceTables() {
      return new DeviceTables(List.of(new Attachment.Translated(DISK, machine.table(), 1)));
    }
  }

  private TranslationTables tables() {
    return new ToyTables(machine);
  }

  private Machine known(AddressRange crash) {
    Device disk = new Device(DISK, "nvme", DumpRole.NAMED, DmaMasks.ofBits(64), false);
    return new Machine(machine.memory.ranges(), List.of(crash), List.of(disk))
        .withInterrupts(new Interrupts(Processors.UNKNOWN, List.of(), List.of(DOORBELL)));
  }

  private Verdict judge(AddressRange crash) {
    return KdumpIoRule.judge(known(crash), tables());
  }

  private PlanResult plan(AddressRange crash, AddressRange arena) {
    return Planner.plan(
        tables(),
        machine.memory,
        new PlanRequest(
            TARGET, known(crash).windows(), Set.of(DISK), Optional.of(arena), List.of()));
  }

  private static List<Refusal.Kind> refused(PlanResult result) {
    return assertInstanceOf(Refused.class, result).reasons().stream().map(Refusal::kind).toList();
  }

  private void map(long iova, long physical) {
    Mapping wanted = new Mapping(AddressRange.ofSize(iova, PAGE), physical, Permissions.READ_WRITE);
    PageArena pages = PageArena.in(AddressRange.ofSize(0x2000_0000L, 4 * PAGE), PAGE);
    machine.editor().map(machine.memory, machine.table(), wanted, pages);
  }

  @Test
  void isArmedInPagesOfItsOwnSizeReadBackAndDisarmed() throws IOException {
    List<Mapping> before = machine.walk().mappings();
    assertEquals(
        Set.of(FindingCode.A1, FindingCode.A6),
        Set.copyOf(judge(CRASH).findings().stream().map(Finding::code).toList()));
    ArmingPlan plan = assertInstanceOf(PlanResult.Planned.class, plan(CRASH, ARENA)).plan();
    assertEquals(
        List.of(AddressRange.ofSize(0x1001_0000L, PAGE), AddressRange.ofSize(0x1002_0000L, PAGE)),
        plan.newPages());
    MemoryHand hand = new MemoryHand(TARGET, machine.memory, tables(), directory);
    assertInstanceOf(ArmResult.Armed.class, hand.arm(plan));
    assertEquals(Answer.HOLDS, judge(CRASH).answer());
    assertEquals(
        List.of(Mapping.identity(CRASH), Mapping.identity(DOORBELL)), machine.walk().mappings());
    assertTrue(hand.disarm().isComplete());
    assertEquals(before, machine.walk().mappings());
    assertEquals(0, machine.memory.readLong(0x1001_0000L));
  }

  @Test
  void crashRangeOfPagesThatAreTooSmallIsRefused() {
    AddressRange small = AddressRange.ofSize(CRASH.first(), 0x1000);
    assertEquals(List.of(Refusal.Kind.CRASH_RANGE), refused(plan(small, ARENA)));
  }

  @Test
  void arenaThatHoldsTooFewOfItsPagesIsRefused() {
    AddressRange small = AddressRange.ofSize(0x1000_1000L, 2 * PAGE);
    assertEquals(List.of(Refusal.Kind.ARENA_TOO_SMALL), refused(plan(CRASH, small)));
  }

  @Test
  void arenaInTheLastOfTheTopTablesIsRefused() {
    AddressRange inside = AddressRange.ofSize(ToyMachine.TOP + 14 * PAGE, 2 * PAGE);
    assertEquals(List.of(Refusal.Kind.ARENA_MISPLACED), refused(plan(CRASH, inside)));
  }

  @Test
  void crashRangeInTheLastOfTheTopTablesBreaksL3AndIsNotArmed() {
    AddressRange inside = AddressRange.ofSize(ToyMachine.TOP + 15 * PAGE, PAGE);
    assertTrue(breaksL3(judge(inside)));
    assertEquals(List.of(Refusal.Kind.CRASH_RANGE), refused(plan(inside, ARENA)));
  }

  @Test
  void deviceThatMayWriteTheLastOfTheTopTablesBreaksL3() {
    map(0x5000_0000L, ToyMachine.TOP + 16 * PAGE);
    assertEquals(false, breaksL3(judge(CRASH)));
    map(0x5001_0000L, ToyMachine.TOP + 15 * PAGE);
    assertTrue(breaksL3(judge(CRASH)));
  }

  private static boolean breaksL3(Verdict verdict) {
    return verdict.findings().stream()
        .anyMatch(f -> f.code() == FindingCode.L3 && f.severity() == Severity.BROKEN);
  }
}
