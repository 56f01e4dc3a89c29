// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Malformation.Kind;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.Window;
import org.crashlane.iommu.vtd.Registers.Ecap;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.KdumpIoRule;
import org.crashlane.rule.Remedy;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * SNP in leaves of scalable mode, as Linux writes it (since 6c00612d0cba1), on units that say that
 * they have no snoop control: whether hardware faults on it is not known.
 */
class SnoopTest extends ScalableMachine {
  private static final AddressRange CRASH = AddressRange.ofSize(0x2000_0000, 16 << 20);
  private static final TableId TABLE = new TableId(TOP, SecondLevelEntry.geometry(4));
  private static final Device DISK = new Device(LOWER, "nvme", DumpRole.NAMED);
  private static final Device CARD = new Device(UPPER, "nic", DumpRole.NONE);

  /** Linux on a unit with large pages uses them, on one without 4 KiB. */
  private void armedWithSnoop(boolean largePages) {
    config = without(Ecap.SC);
    Capabilities can = config.capabilities();
    long cap = largePages ? can.cap() : Registers.Cap.SLLPS.with(can.cap(), 0);
    config =
        UnitConfig.translating(new Capabilities(cap, can.ecap()), 46, config.rootTableAddress());
    PageArena arena = PageArena.in(AddressRange.ofSize(0x200000, 1 << 20));
    assertInstanceOf(
        MapResult.Mapped.class,
        tables().mapIdentity(memory, TABLE, Window.ofCrashRange(CRASH), arena));
    RecordedWalk walk = new RecordedWalk();
    tables().walk(TABLE, walk);
    for (long page : walk.tablePages()) {
      for (int i = 0; i < 512; i++) {
        long entry = memory.readLong(page + i * 8L);
        boolean leaf = CRASH.contains(SecondLevelEntry.ADDR.inPlace(entry));
        if (leaf) {
          change(page + i * 8L, SecondLevelEntry.SNP.mask());
        }
      }
    }
  }

  private Verdict judge(Device... devices) {
    Machine machine =
        new Machine(List.of(AddressRange.ofSize(0, 1L << 30)), List.of(CRASH), List.of(devices));
    return KdumpIoRule.judge(machine, tables());
  }

  private static List<FindingCode> codes(Verdict verdict, Severity severity) {
    return verdict.findings().stream()
        .filter(f -> f.severity() == severity)
        .map(Finding::code)
        .toList();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void armedLeavesWithSnoopAreUnknownAndNotBroken(boolean largePages) {
    armedWithSnoop(largePages);
    Verdict verdict = judge(DISK);
    assertEquals(List.of(), codes(verdict, Severity.BROKEN));
    assertTrue(codes(verdict, Severity.UNKNOWN).contains(FindingCode.W1), verdict::toString);
    assertInstanceOf(Outcome.Unknown.class, translate(LOWER, CRASH.first(), Access.WRITE));
  }

  /** They can be read, and arming leaves them as they are: neither is a way out. */
  @Test
  void whatHardwareDecidesIsNotHelpedByMakingTablesReadable() {
    armedWithSnoop(false);
    List<List<Remedy>> remedies =
        judge(DISK).findings().stream()
            .filter(f -> f.code() == FindingCode.W1 && f.severity() == Severity.UNKNOWN)
            .map(Finding::remedies)
            .toList();
    assertEquals(List.of(Step.MAP_BY_SETTLED_ENTRIES), remedies.getFirst());
  }

  /** What may lead there is no pass for others either: here L1. */
  @Test
  void leftoverWithSnoopThatMayReachTheCrashRangeIsUnknown() {
    config = without(Ecap.SC);
    long leaf = SecondLevelEntry.leaf(CRASH.first(), 1, Permissions.READ_WRITE);
    memory.writeLong(L1, leaf | SecondLevelEntry.SNP.mask());
    assertTrue(
        codes(judge(CARD), Severity.UNKNOWN).contains(FindingCode.L1), judge(CARD)::toString);
  }

  @Test
  void aLeafWithAnotherReservedBitBesidesIsBlockedForCertain() {
    config = without(Ecap.SC);
    change(L1, SecondLevelEntry.SNP.mask() | 1L << 50);
    assertFault(FaultReason.SECOND_LEVEL_RESERVED, Access.READ, 0x10, true);
    RecordedWalk walk = new RecordedWalk();
    tables().walk(TABLE, walk);
    assertEquals(1, walk.count(Kind.RESERVED));
    assertEquals(0, walk.count(Kind.UNSETTLED));
  }

  @Test
  void aLeafThatLacksTheRightIsBlockedWhateverSnoopMeans() {
    config = without(Ecap.SC);
    change(L1, SecondLevelEntry.SNP.mask() | SecondLevelEntry.W.mask());
    assertFault(FaultReason.SCALABLE_NO_WRITE, Access.WRITE, 0x10, true);
    assertInstanceOf(Outcome.Unknown.class, translate(LOWER, 0x10, Access.READ));
  }

  @Test
  void inAnEntryThatLeadsToATableSnoopIsReserved() {
    config = without(Ecap.SC);
    change(L2, SecondLevelEntry.SNP.mask());
    assertFault(FaultReason.SECOND_LEVEL_RESERVED, Access.READ, 0x10, true);
  }

  @Test
  void withSnoopControlNothingIsInDoubt() {
    config = UnitConfig.translating(with(Ecap.SC), 46, config.rootTableAddress());
    change(L1, SecondLevelEntry.SNP.mask());
    assertEquals(new Outcome.Reached(0x80_0010), translate(LOWER, 0x10, Access.WRITE));
  }

  private static Capabilities with(org.crashlane.bits.BitField capability) {
    return new Capabilities(ALL.cap(), capability.with(ALL.ecap(), 1));
  }
}
