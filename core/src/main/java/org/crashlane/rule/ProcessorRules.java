// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Hex;
import org.crashlane.interrupt.Processors;
import org.crashlane.machine.Machine;

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
  private static final String REMEDY =
      "boot the primary with intremap=off nox2apic (or disable x2APIC in firmware), so that it runs"
          + " in xAPIC mode; or let the capture kernel have the IOMMU's interrupt remapping; noapic"
          + " in the capture kernel leaves the mode alone but has no IOAPIC";

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
          unknown(
              "%d of them have an APIC id of 255 or more, in a guest of KVM: some kernels stay in"
                      .formatted(processors.beyondXapic().size())
                  + " x2APIC mode without remapping interrupts (since Linux 5.11), and whether an"
                  + " interrupt reaches such an id depends on kvm-msi-ext-dest-id");
        }
      }
      case X2APIC_LOCKED -> broken(List.of("they run in x2APIC mode, and firmware has locked it"));
      case UNKNOWN -> {
        if (remapsToWideIds) {
          judgeGuess();
        } else if (!processors.beyondXapic().isEmpty()) {
          unknown(
              "%d of them have an APIC id of 255 or more, and so run in x2APIC mode if they run"
                  .formatted(processors.beyondXapic().size()));
        }
      }
    }
  }

  private void judgeIds() {
    if (processors.apicIds().isEmpty()) {
      unknown("they run in x2APIC mode, and their ids are not known");
    } else if (processors.beyondXapic().isEmpty()) {
      findings.note(
          FindingCode.C4,
          "the processors",
          Optional.empty(),
          List.of("they run in x2APIC mode, all ids are below 255: the capture kernel leaves it"),
          "nothing to do");
    } else {
      broken(tooLarge());
    }
  }

  private void judgeGuess() {
    if (!processors.beyondXapic().isEmpty()) {
      broken(tooLarge());
    } else {
      unknown(
          "interrupts are remapped to ids of 32 bits, so that they run in x2APIC mode; "
              + (processors.apicIds().isEmpty()
                  ? "their ids are not known"
                  : "whether firmware has locked it is not known"));
    }
  }

  private List<String> tooLarge() {
    List<String> evidence = new ArrayList<>();
    evidence.add(
        "%d of %d processors have an APIC id of 255 or more: a capture kernel that starts on one"
                .formatted(processors.beyondXapic().size(), processors.apicIds().size())
            + " panics (Cannot disable x2apic, id)");
    processors.beyondXapic().stream()
        .limit(Pieces.KEPT_COUNT)
        .forEach(id -> evidence.add("APIC id " + Hex.of(Integer.toUnsignedLong(id))));
    return evidence;
  }

  private void broken(List<String> evidence) {
    findings.broken(FindingCode.C4, "the processors", Optional.empty(), evidence, REMEDY);
  }

  private void unknown(String why) {
    findings.cannotTell(FindingCode.C4, "the processors", List.of(why), REMEDY);
  }
}
