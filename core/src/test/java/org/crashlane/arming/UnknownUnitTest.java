// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.lang.reflect.Proxy;
import java.util.List;
import org.crashlane.arming.PlanResult.Planned;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.iommu.Known;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.UnitState.Translation;
import org.crashlane.iommu.Window;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.KdumpIoRule;
import org.crashlane.rule.Verdict;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;

/** What is not known of a unit is neither yes nor no. */
class UnknownUnitTest {
  private static final AddressRange RAM = AddressRange.ofSize(0, VtdMachine.MEMORY_BYTES);

  private final VtdMachine machine = VtdMachine.buildIn(new SparseMemory("memory", List.of(RAM)));

  /** The machine's tables, of a unit of which the registers say something else. */
  private TranslationTables tables(Translation translation, Known cachesAbsent) {
    TranslationTables tables = machine.tables();
    UnitState old = tables.state();
    UnitState state =
        new UnitState(
            translation,
            cachesAbsent,
            old.interruptsRemapped(),
            old.rootAddress(),
            old.description());
    return (TranslationTables)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {TranslationTables.class},
            (_, method, arguments) ->
                method.getName().equals("state") ? state : method.invoke(tables, arguments));
  }

  private PlanResult plan(Translation translation, Known cachesAbsent) {
    return Planner.plan(
        tables(translation, cachesAbsent),
        machine.memory(),
        VtdMachine.request(PlannerCase.TARGET));
  }

  private long notesOnCaching(Known cachesAbsent) {
    return assertInstanceOf(Planned.class, plan(Translation.TRANSLATES, cachesAbsent))
        .plan()
        .notes()
        .stream()
        .filter(note -> note.evidence().contains(Fact.CACHES_ABSENT_NOT_KNOWN))
        .count();
  }

  private Verdict judge(Translation translation) {
    machine
        .tables()
        .mapIdentity(
            machine.memory(),
            VtdMachine.DISK_TABLE,
            Window.ofCrashRange(VtdMachine.CRASH),
            PageArena.in(AddressRange.ofSize(0x1400000, 0x10000)));
    Machine behind =
        new Machine(
            List.of(RAM),
            List.of(VtdMachine.CRASH),
            List.of(new Device(VtdMachine.DISK, "disk", DumpRole.NAMED)));
    return KdumpIoRule.judge(behind, tables(translation, Known.NO));
  }

  @Test
  void aPlanSaysThatItIsNotKnownWhetherAbsentEntriesAreCached() {
    assertEquals(1, notesOnCaching(Known.UNKNOWN));
    assertEquals(0, notesOnCaching(Known.NO));
    assertEquals(
        Kind.CACHES_ABSENT,
        assertInstanceOf(Refused.class, plan(Translation.TRANSLATES, Known.YES))
            .reasons()
            .getFirst()
            .kind());
  }

  @Test
  void nothingIsPlannedWhereTranslationIsNotKnown() {
    assertEquals(
        Kind.UNSUPPORTED,
        assertInstanceOf(Refused.class, plan(Translation.UNKNOWN, Known.NO))
            .reasons()
            .getFirst()
            .kind());
  }

  @Test
  void theRuleIsUnknownWhereTranslationIsNotKnown() {
    assertEquals(Answer.HOLDS, judge(Translation.TRANSLATES).answer());
    assertEquals(Answer.UNKNOWN, judge(Translation.UNKNOWN).answer());
  }
}
