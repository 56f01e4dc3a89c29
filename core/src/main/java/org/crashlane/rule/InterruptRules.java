// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.interrupt.InterruptPreparation;
import org.crashlane.interrupt.InterruptRemapping;
import org.crashlane.machine.Device;
import org.crashlane.machine.Machine;
import org.crashlane.pci.RequesterId;

/**
 * C3: would the interrupts of a capture kernel that knows of no IOMMU arrive? It writes messages in
 * compatibility format, on whichever processor the panic was, for vectors that nobody knows
 * beforehand; so all of them are tried, of the devices on the dump path and of the IOAPICs.
 */
final class InterruptRules {
  private static final String JUDGED =
      "judged from registers and tables, not observed: an emulator may let pass what hardware"
          + " blocks";

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
    boolean legacyArrives = !machine.ioApics().isEmpty();
    for (RequesterId ioApic : machine.ioApics()) {
      InterruptTally tally = InterruptTally.of(interrupts, ioApic);
      legacyArrives &= tally.allArrive();
      judge("IOAPIC " + ioApic, ioApic, tally, false);
    }
    for (Device device : machine.devices()) {
      if (device.onDumpPath()) {
        RequesterId source = device.requester();
        judge(device.toString(), source, InterruptTally.of(interrupts, source), legacyArrives);
      }
    }
    // Where all senders fare alike, what was said of the devices goes for the IOAPICs too.
    if (machine.ioApics().isEmpty() && interrupts.dependsOnSource()) {
      findings.cannotTell(
          FindingCode.C3,
          "the IOAPICs",
          List.of(
              "their requester ids are not known: legacy interrupts and timers were not judged"),
          "give the ACPI table (DMAR or IVRS) that tells them");
    }
  }

  private void judge(
      String subject, RequesterId source, InterruptTally tally, boolean legacyArrives) {
    if (tally.allArrive()) {
      return;
    }
    List<String> evidence = new ArrayList<>(interrupts.description());
    evidence.addAll(tally.lines());
    evidence.add(JUDGED);
    String remedy = String.join("; or ", remedies(source, legacyArrives));
    if (tally.noneArrives()) {
      findings.broken(FindingCode.C3, subject, Optional.empty(), evidence, remedy);
    } else {
      findings.cannotTell(FindingCode.C3, subject, evidence, remedy);
    }
  }

  private List<String> remedies(RequesterId source, boolean legacyArrives) {
    List<String> remedies = new ArrayList<>();
    remedies.add(
        "boot the primary with intremap=off"
            + (interrupts.extendedDestinations() ? " nox2apic" : "")
            + ": messages then pass as they are sent");
    remedies.add(preparation(interrupts.prepare(source)));
    remedies.addAll(interrupts.insideRemedies());
    remedies.add(
        legacyArrives
            ? "boot the capture kernel with pci=nomsi: the IOAPIC's interrupts arrive"
            : "boot the capture kernel with noapic pci=nomsi: legacy interrupts then come from the 8259"
                + " and not by messages that the IOMMU sees (so under QEMU; on hardware the chipset"
                + " decides); irqpoll and pci=nomsi alone do not help, since the IOAPIC's messages pass"
                + " the IOMMU too");
    return remedies;
  }

  private static String preparation(InterruptPreparation preparation) {
    String against = String.join("; ", preparation.against());
    if (preparation.stores().isEmpty()) {
      return "nothing can be prepared in the tables: " + against;
    }
    return "prepare %d entries of the interrupt table before the crash%s"
        .formatted(
            preparation.preparedCount(), against.isEmpty() ? "" : " (not helped: " + against + ")");
  }
}
