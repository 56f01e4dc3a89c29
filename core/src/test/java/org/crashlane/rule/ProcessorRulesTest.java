// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import static org.crashlane.rule.RuleMachine.DISK;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.crashlane.interrupt.Interrupts;
import org.crashlane.interrupt.Processors;
import org.crashlane.interrupt.Processors.Mode;
import org.crashlane.rule.Reading.ApicId;
import org.junit.jupiter.api.Test;

/** Whether a capture kernel that remaps no interrupts can leave x2APIC mode. */
class ProcessorRulesTest {
  private static final long IRES = 1L << 25;
  private static final long IRTPS = 1L << 24;
  private static final long CFIS = 1L << 23;
  private static final long EIME = 1L << 11;
  private static final long TABLE = 0x600000;

  private final RuleMachine machine = new RuleMachine();

  ProcessorRulesTest() {
    machine.arm(machine.attach(DISK));
  }

  private List<Finding> judge(Mode mode, Integer... ids) {
    return Verdicts.of(
        machine.judge(
            RuleMachine.machine()
                .withInterrupts(new Interrupts(new Processors(List.of(ids), mode), List.of()))),
        FindingCode.C4);
  }

  private void remapToWideIds() {
    machine.remappingInterrupts(IRES | IRTPS | CFIS, TABLE | EIME | 7);
  }

  @Test
  void anIdOf255OrMoreBreaksC4WhicheverProcessorHasIt() {
    assertEquals(Severity.BROKEN, judge(Mode.X2APIC, 0, 1, 255).getFirst().severity());
    assertEquals(Severity.BROKEN, judge(Mode.X2APIC, 0x1ff, 2).getFirst().severity());
    assertEquals(Severity.NOTE, judge(Mode.X2APIC, 0, 1, 254).getFirst().severity());
  }

  @Test
  void lockedX2apicBreaksC4WhateverTheIds() {
    assertEquals(Severity.BROKEN, judge(Mode.X2APIC_LOCKED, 0, 1).getFirst().severity());
    assertEquals(Severity.BROKEN, judge(Mode.X2APIC_LOCKED).getFirst().severity());
  }

  @Test
  void xapicHasNothingToLeave() {
    remapToWideIds();
    assertEquals(List.of(), judge(Mode.XAPIC, 0, 1));
  }

  @Test
  void unknownProcessorsAreUnknownWhereInterruptsAreRemappedToWideIds() {
    assertEquals(List.of(), judge(Mode.UNKNOWN));
    remapToWideIds();
    assertEquals(Severity.UNKNOWN, judge(Mode.UNKNOWN).getFirst().severity());
    assertEquals(Severity.UNKNOWN, judge(Mode.UNKNOWN, 0, 1).getFirst().severity());
    assertEquals(Severity.BROKEN, judge(Mode.UNKNOWN, 0, 256).getFirst().severity());
  }

  @Test
  void idsThatAreNotKnownAreUnknownInX2apicMode() {
    assertEquals(Severity.UNKNOWN, judge(Mode.X2APIC).getFirst().severity());
  }

  @Test
  void idsThatXapicModeHasNotAreUnknownInAModeThatIsNotKnown() {
    assertEquals(Severity.UNKNOWN, judge(Mode.UNKNOWN, 0, 255).getFirst().severity());
    assertEquals(List.of(), judge(Mode.UNKNOWN, 0, 254));
  }

  @Test
  void aGuestOfKvmMayStayInX2apicModeAndThenItsLargeIdsAreUnknown() {
    remapToWideIds();
    assertEquals(List.of(), judge(Mode.X2APIC_OF_KVM, 0, 254));
    assertEquals(Severity.UNKNOWN, judge(Mode.X2APIC_OF_KVM, 0, 255).getFirst().severity());
  }

  @Test
  void idsHave32BitsAndNoSign() {
    Finding finding = judge(Mode.X2APIC, 0, 0x8000_0001).getFirst();
    assertEquals(Severity.BROKEN, finding.severity());
    assertEquals(new ApicId(0x8000_0001), finding.evidence().getLast());
  }
}
