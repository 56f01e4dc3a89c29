// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.guest.lab.iommu.LabIommu;
import org.crashlane.guest.lab.iommu.LabIommu.Sightings;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;

/**
 * The rule's verdict, joined by what the lab has seen of it and what only a stage of QEMU knows.
 */
final class ObservedVerdict {
  private ObservedVerdict() {}

  /**
   * {@return {@code verdict} with what was seen}
   *
   * @param seen what QEMU traced after the crash
   * @param console what a lost dump is explained by
   */
  static Verdict of(
      Verdict verdict, LabIommu iommu, Strategy strategy, Sightings seen, CaptureConsole console) {
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
    iommu.reasonOfEffect(strategy).map(ObservedVerdict::leftRunning).ifPresent(findings::add);
    return Verdict.of(findings);
  }

  private static Finding withInterrupts(Finding finding, LabIommu iommu, Sightings seen) {
    List<String> lines = new ArrayList<>();
    List<String> blocked = seen.interrupts();
    if (blocked.isEmpty()) {
      lines.add("in this run no interrupt was seen to be blocked");
      iommu.laxityWithInterrupts().ifPresent(lines::add);
    } else {
      lines.add(
          "in this run %d interrupts were blocked after the panic; first: %s"
              .formatted(blocked.size(), blocked.getFirst()));
    }
    return finding.withEvidence(lines);
  }

  private static Finding leftRunning(String reason) {
    return new Finding(
        FindingCode.A1,
        Severity.NOTE,
        Finding.CAPTURE_KERNEL,
        Optional.empty(),
        List.of(reason),
        "arm the primary: with the crash range identity-mapped this capture kernel does what the"
            + " rule asks");
  }
}
