// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.ArrayList;
import java.util.List;
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
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;

/**
 * The rule's verdict, joined by what the lab has seen of it and what only a stage of QEMU knows.
 */
final class ObservedVerdict {
  private ObservedVerdict() {}

  /**
   * {@return {@code verdict} with what was seen}
   *
   * @param isAsked false if the capture kernel did not do what its option is for
   * @param seen what QEMU traced after the crash
   * @param console what a lost dump is explained by
   */
  static Verdict of(
      Verdict verdict, LabIommu iommu, boolean isAsked, Sightings seen, CaptureConsole console) {
    List<Finding> findings = new ArrayList<>();
    for (Finding finding : verdict.findings()) {
      boolean judged = finding.severity() != Severity.NOTE;
      if (finding.code() == FindingCode.C3 && judged) {
        findings.add(withInterrupts(finding, iommu, seen));
      } else if (finding.code() == FindingCode.D1 && finding.severity() == Severity.BROKEN) {
        findings.add(finding.withEvidence(console.explanation()));
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
    return Finding.note(
        FindingCode.C5,
        Part.CAPTURE_KERNEL,
        List.of(Fact.OPTION_LEAVES_IOMMU_RUNNING),
        Step.ARM_PRIMARY);
  }
}
