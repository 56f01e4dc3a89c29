// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.interrupt.Processors;
import org.crashlane.machine.Machine;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Reading.ApicId;
import org.crashlane.rule.Remedy.KernelOption;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Subject.Part;

/**
 * C4: can a kernel that remaps no interrupts run on these processors? Linux leaves x2APIC mode
 * where it cannot remap (arch/x86/kernel/apic/apic.c of 5.10, 6.1 and 6.12: try_to_enable_x2apic,
 * x2apic_disable): it panics if the id of the processor that it starts on, which is the one that
 * crashed, is 255 or more, "Cannot disable x2apic, id"; and where firmware has locked the mode it
 * cannot leave it: kernels before 6.1 write the locked register, which faults ("unchecked MSR
 * access error"), those after do not even try (the state is X2APIC_ON_LOCKED, and x2apic_disable
 * asks for X2APIC_ON). Both have noted xAPIC mode by then, and go on with a driver of registers in
 * memory that are not there: no timer, no end of an interrupt.
 */
final class ProcessorRules {
  private static final List<Remedy> REMEDIES =
      List.of(
          KernelOption.NO_INTERRUPT_REMAPPING_NOR_X2APIC,
          Step.DISABLE_X2APIC,
          Step.REMAP_IN_CAPTURE_KERNEL);

  private final Processors processors;
  private final FindingList findings;

  ProcessorRules(Machine machine, FindingList findings) {
    this.processors = machine.processors();
    this.findings = findings;
  }

  /**
   * Judges whichever processor may crash.
   *
   * @param remapsToWideIds true if the primary has interrupts remapped to ids of 32 bits, so that
   *     it runs in x2APIC mode
   */
  void judge(boolean remapsToWideIds) {
    switch (processors.mode()) {
      case XAPIC -> {
        // Nothing to leave.
      }
      case X2APIC -> judgeIds();
      case X2APIC_OF_KVM -> {
        if (!processors.beyondXapic().isEmpty()) {
          unknown(beyondXapic(), Fact.X2APIC_OF_KVM);
        }
      }
      case X2APIC_LOCKED -> add(Severity.BROKEN, List.of(Fact.X2APIC_LOCKED), REMEDIES);
      case UNKNOWN -> {
        if (remapsToWideIds) {
          judgeGuess();
        } else if (!processors.beyondXapic().isEmpty()) {
          unknown(beyondXapic(), Fact.X2APIC_IF_THEY_RUN);
        }
      }
    }
  }

  private void judgeIds() {
    if (processors.apicIds().isEmpty()) {
      unknown(Fact.X2APIC_IDS_NOT_KNOWN);
    } else if (processors.beyondXapic().isEmpty()) {
      add(Severity.NOTE, List.of(Fact.X2APIC_LEFT), List.of(Step.NOTHING));
    } else {
      tooLarge();
    }
  }

  private void judgeGuess() {
    if (!processors.beyondXapic().isEmpty()) {
      tooLarge();
    } else {
      unknown(
          Fact.WIDE_APIC_IDS,
          processors.apicIds().isEmpty() ? Fact.X2APIC_IDS_NOT_KNOWN : Fact.X2APIC_LOCK_NOT_KNOWN);
    }
  }

  /** A capture kernel that starts on one of these panics. */
  private void tooLarge() {
    List<Evidence> evidence = new ArrayList<>(List.of(beyondXapic(), Fact.X2APIC_ID_PANICS));
    processors.beyondXapic().stream()
        .limit(Examples.KEPT_COUNT)
        .forEach(id -> evidence.add(new ApicId(id)));
    add(Severity.BROKEN, evidence, REMEDIES);
  }

  private Evidence beyondXapic() {
    return new Amount(
        Quantity.PROCESSORS_BEYOND_XAPIC,
        processors.beyondXapic().size(),
        processors.apicIds().size());
  }

  private void unknown(Evidence... evidence) {
    add(Severity.UNKNOWN, List.of(evidence), REMEDIES);
  }

  private void add(Severity severity, List<Evidence> evidence, List<Remedy> remedies) {
    findings.add(
        new Finding(FindingCode.C4, severity, Part.PROCESSORS, List.of(), evidence, remedies));
  }
}
