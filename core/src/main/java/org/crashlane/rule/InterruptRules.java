// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.interrupt.InterruptPreparation;
import org.crashlane.interrupt.InterruptRemapping;
import org.crashlane.machine.Device;
import org.crashlane.machine.Machine;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Reading.Registers;
import org.crashlane.rule.Remedy.KernelOption;
import org.crashlane.rule.Remedy.PrepareInterrupts;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Subject.IoApic;
import org.crashlane.rule.Subject.OfDevice;
import org.crashlane.rule.Subject.Part;

/**
 * C3: would the interrupts of a capture kernel that knows of no IOMMU arrive? It writes messages in
 * compatibility format, on whichever processor the panic was, for vectors that nobody knows
 * beforehand; so all of them are tried, of the devices on the dump path and of the IOAPICs.
 */
final class InterruptRules {
  private final Machine machine;
  private final InterruptRemapping interrupts;
  private final FindingList findings;

  InterruptRules(Machine machine, InterruptRemapping interrupts, FindingList findings) {
    this.machine = machine;
    this.interrupts = interrupts;
    this.findings = findings;
  }

  void judge() {
    if (!interrupts.enabled()) {
      return;
    }
    boolean legacyArrives = !machine.interrupts().controllers().isEmpty();
    for (RequesterId ioApic : machine.interrupts().controllers()) {
      InterruptTally tally = InterruptTally.of(interrupts, ioApic);
      legacyArrives &= tally.allArrive();
      judge(new IoApic(ioApic), ioApic, tally, false);
    }
    for (Device device : machine.devices()) {
      if (device.onDumpPath()) {
        RequesterId source = device.requester();
        judge(new OfDevice(device), source, InterruptTally.of(interrupts, source), legacyArrives);
      }
    }
    // Where all senders fare alike, what was said of the devices goes for the IOAPICs too.
    if (machine.interrupts().controllers().isEmpty() && interrupts.dependsOnSource()) {
      findings.cannotTell(
          FindingCode.C3, Part.IO_APICS, List.of(Fact.IO_APIC_IDS_NOT_KNOWN), Step.GIVE_ACPI_TABLE);
    }
  }

  private void judge(
      Subject subject, RequesterId source, InterruptTally tally, boolean legacyArrives) {
    if (tally.allArrive()) {
      return;
    }
    List<Evidence> evidence = new ArrayList<>();
    evidence.add(new Registers(interrupts.description()));
    evidence.addAll(tally.evidence());
    evidence.add(Fact.JUDGED_NOT_OBSERVED);
    findings.add(
        new Finding(
            FindingCode.C3,
            tally.noneArrives() ? Severity.BROKEN : Severity.UNKNOWN,
            subject,
            List.of(),
            evidence,
            remedies(source, legacyArrives)));
  }

  private List<Remedy> remedies(RequesterId source, boolean legacyArrives) {
    List<Remedy> remedies = new ArrayList<>();
    remedies.add(
        interrupts.extendedDestinations()
            ? KernelOption.NO_INTERRUPT_REMAPPING_NOR_X2APIC
            : KernelOption.NO_INTERRUPT_REMAPPING);
    InterruptPreparation preparation = interrupts.prepare(source);
    remedies.add(new PrepareInterrupts(preparation.preparedCount(), preparation.against()));
    if (interrupts.mayLetCompatibilityPass()) {
      remedies.add(Step.LET_COMPATIBILITY_PASS);
    }
    remedies.add(legacyArrives ? KernelOption.NO_MSI : KernelOption.NO_IO_APIC_NOR_MSI);
    return remedies;
  }
}
