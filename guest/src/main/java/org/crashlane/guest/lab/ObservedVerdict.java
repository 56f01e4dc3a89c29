// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.guest.lab.PrimaryFacts.PciDevice;
import org.crashlane.guest.lab.iommu.LabIommu;
import org.crashlane.guest.lab.iommu.LabIommu.Sightings;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;

/**
 * The rule's verdict, joined by what the lab has seen of it and what only a stage of QEMU knows.
 */
final class ObservedVerdict {
  /** {@code iommu_groups/N/type} of a domain whose invalidations wait in a queue (Linux 5.15). */
  private static final Optional<String> LAZY_TYPE = Optional.of("DMA-FQ");

  private ObservedVerdict() {}

  /**
   * {@return {@code verdict} with what was seen}
   *
   * @param evidence all of the run
   * @param isAsked false if the capture kernel did not do what its option is for
   */
  static Verdict of(Verdict verdict, LabEvidence evidence, boolean isAsked) {
    return of(
        verdict,
        evidence.iommu(),
        isAsked,
        evidence.sightings(),
        new Said(evidence.console(), evidence.facts().devices()));
  }

  /**
   * What the kernels said.
   *
   * @param console what a lost dump is explained by
   * @param devices as the primary saw them
   */
  record Said(CaptureConsole console, List<PciDevice> devices) {
    private boolean isLazy(Finding finding) {
      return finding.subject() instanceof Subject.AddressSpace space
          && devices.stream()
              .anyMatch(device ->
                  device.groupType().equals(LAZY_TYPE)
                      && space.users().contains(device.address().requester()));
    }
  }

  static Verdict of(Verdict verdict, LabIommu iommu, boolean isAsked, Sightings seen, Said said) {
    List<Finding> findings = new ArrayList<>();
    for (Finding finding : verdict.findings()) {
      boolean judged = finding.severity() != Severity.NOTE;
      if (finding.code() == FindingCode.C3 && judged) {
        findings.add(withInterrupts(finding, iommu, seen));
      } else if (finding.code() == FindingCode.D1 && finding.severity() == Severity.BROKEN) {
        findings.add(finding.withEvidence(said.console().explanation()));
      } else if (finding.code() == FindingCode.L2 && said.isLazy(finding)) {
        findings.add(finding.withEvidence(List.of(Fact.LAZY_INVALIDATION)));
      } else {
        findings.add(finding);
      }
    }
    if (!isAsked) {
      findings.add(leftRunning());
    }
    return Verdict.of(findings);
  }

  private static Finding withInterrupts(Finding finding, LabIommu iommu, Sightings seen) {
    List<Evidence> blocked = seen.interrupts();
    List<Evidence> evidence = new ArrayList<>();
    evidence.add(new Amount(Quantity.INTERRUPTS_BLOCKED, blocked.size()));
    if (!blocked.isEmpty()) {
      evidence.add(blocked.getFirst());
    } else if (iommu.letsCompatibilityPass()) {
      evidence.add(Fact.EMULATOR_LETS_COMPATIBILITY_PASS);
    }
    return finding.withEvidence(evidence);
  }

  private static Finding leftRunning() {
    return Finding.note(FindingCode.C5, Part.CAPTURE_KERNEL, List.of(), Step.ARM_PRIMARY);
  }
}
