// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.model.crash.CrashResult;
import org.crashlane.model.crash.Violation;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;

/** What was violated on the bus, as findings: added to what the tables told, where they did. */
final class ViolationFindings {
  private ViolationFindings() {}

  static Verdict added(Verdict verdict, Strategy strategy, CrashResult result) {
    List<Finding> findings = new ArrayList<>(verdict.findings());
    for (Violation violation : result.violations().all()) {
      code(violation.kind(), strategy).ifPresent(code -> add(findings, code, violation, result));
    }
    return Verdict.of(findings);
  }

  /** {@return the code of a violation; nothing where what was observed tells it already} */
  private static Optional<FindingCode> code(Violation.Kind kind, Strategy strategy) {
    return switch (kind) {
      case LEFTOVER_IN_CRASH_RANGE -> Optional.of(FindingCode.L1);
      case LEFTOVER_ASTRAY -> Optional.of(FindingCode.L2);
      // Where the capture kernel takes the IOMMU over, no identity mapping is meant to be there.
      case LEFTOVER_IOVA_IN_CRASH_RANGE ->
          strategy.blind() ? Optional.of(FindingCode.A4) : Optional.empty();
      case CAPTURE_BLOCKED -> Optional.of(strategy.blind() ? FindingCode.A1 : FindingCode.D1);
      case CAPTURE_ASTRAY -> Optional.of(strategy.blind() ? FindingCode.A4 : FindingCode.D1);
      case CAPTURE_UNMAPPABLE -> Optional.of(FindingCode.B1);
      case READ_THROUGH_APERTURE -> Optional.of(FindingCode.D3);
      case PRIMARY_BLOCKED, PRIMARY_ASTRAY, PRIMARY_DATA, MAPPED_TWICE ->
          Optional.of(FindingCode.P1);
      case IOMMU_TOUCHED, DUMP_DIFFERS -> Optional.empty();
    };
  }

  private static void add(
      List<Finding> findings, FindingCode code, Violation violation, CrashResult result) {
    String seen =
        "seen %,d times, first at %s"
            .formatted(result.violations().count(violation.kind()), violation);
    for (int i = 0; i < findings.size(); i++) {
      Finding finding = findings.get(i);
      if (finding.code() == code && finding.severity() == Severity.BROKEN) {
        findings.set(i, withEvidence(finding, seen));
        return;
      }
    }
    findings.add(
        new Finding(
            code,
            Severity.BROKEN,
            violation.subject(),
            Optional.empty(),
            List.of(seen),
            remedy(code)));
  }

  private static Finding withEvidence(Finding finding, String line) {
    List<String> evidence = new ArrayList<>(finding.evidence());
    evidence.add(line);
    return new Finding(
        finding.code(),
        finding.severity(),
        finding.subject(),
        finding.range(),
        evidence,
        finding.remedy());
  }

  private static String remedy(FindingCode code) {
    return switch (code) {
      case A1 -> "identity-map the crash range for the device before the crash";
      case A4 -> "keep the crash range out of the IOVA allocator before any driver maps";
      case B1 -> "reserve the crash range where the device reaches it";
      case D3 -> "leave the aperture out of the dump";
      case L1, L2 -> "leave translation running, or reset the devices before it stops";
      case P1 -> "mend the primary's mapping driver";
      case A2, A3, A5, B2, B3, C1, C2, D1, D2, G1, L3, M1, W1 -> "mend the findings before it";
    };
  }
}
