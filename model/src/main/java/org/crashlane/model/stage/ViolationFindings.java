// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.iommu.Mapping;
import org.crashlane.model.crash.CrashResult;
import org.crashlane.model.crash.Violation;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Reading.Mapped;
import org.crashlane.rule.Remedy;
import org.crashlane.rule.Remedy.KernelOption;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Sighting.Violated;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;

/** What was violated on the bus, as findings: added to what the tables told, where they did. */
final class ViolationFindings {
  private ViolationFindings() {}

  static Verdict added(Verdict verdict, Strategy strategy, CrashResult result) {
    List<Finding> findings = new ArrayList<>(verdict.findings());
    for (Violation violation : result.violations().all()) {
      code(violation.kind(), strategy)
          .map(code -> explained(code, verdict))
          .ifPresent(code -> add(findings, code, violation, result));
    }
    conflict(findings, result);
    return Verdict.of(findings);
  }

  /** Where all of the crash range is mapped to itself, what was blocked had another address. */
  private static FindingCode explained(FindingCode code, Verdict verdict) {
    return code == FindingCode.A1
            && !isBroken(verdict, FindingCode.A1)
            && isBroken(verdict, FindingCode.A7)
        ? FindingCode.A7
        : code;
  }

  private static boolean isBroken(Verdict verdict, FindingCode code) {
    return verdict.findings().stream()
        .anyMatch(f -> f.code() == code && f.severity() == Severity.BROKEN);
  }

  /** Where a driver stood in the way of arming and has gone since, the tables do not tell. */
  private static void conflict(List<Finding> findings, CrashResult result) {
    boolean told = findings.stream().anyMatch(f -> f.code() == FindingCode.A4);
    if (!told && !result.armed().conflicts().isEmpty()) {
      Mapping first = result.armed().conflicts().getFirst();
      findings.add(
          new Finding(
              FindingCode.A4,
              Severity.BROKEN,
              Part.ARMING,
              List.of(first.iova()),
              List.of(new Mapped(first)),
              List.of(remedy(FindingCode.A4))));
    }
  }

  /** {@return the verdict, with a note where the allocator was not told and nothing came of it} */
  static Verdict unreserved(Verdict verdict, CrashResult result) {
    boolean seen = verdict.findings().stream().anyMatch(f -> f.code() == FindingCode.A5);
    if (seen || result.armed().cost().entryCount() == 0) {
      return verdict;
    }
    List<Finding> findings = new ArrayList<>(verdict.findings());
    findings.add(
        Finding.note(
            FindingCode.A5,
            Part.PRIMARY_KERNEL,
            List.of(Fact.ALLOCATOR_NOT_INFORMED_YET),
            remedy(FindingCode.A5)));
    return Verdict.of(findings);
  }

  /** {@return the code of a violation; nothing where what was observed tells it already} */
  private static Optional<FindingCode> code(Violation.Kind kind, Strategy strategy) {
    return switch (kind) {
      case LEFTOVER_IN_CRASH_RANGE -> Optional.of(FindingCode.L1);
      case FIRMWARE_IN_CRASH_RANGE -> Optional.of(FindingCode.F1);
      case CAPTURE_LOW_MEMORY -> Optional.of(FindingCode.B4);
      case LEFTOVER_ASTRAY -> Optional.of(FindingCode.L2);
      // Where the capture kernel takes the IOMMU over, no identity mapping is meant to be there.
      case LEFTOVER_IOVA_IN_CRASH_RANGE ->
          strategy.blind() ? Optional.of(FindingCode.A4) : Optional.empty();
      case CAPTURE_BLOCKED -> Optional.of(strategy.blind() ? FindingCode.A1 : FindingCode.D1);
      case CAPTURE_ASTRAY -> Optional.of(strategy.blind() ? FindingCode.A4 : FindingCode.D1);
      case CAPTURE_UNMAPPABLE -> Optional.of(FindingCode.B1);
      case READ_THROUGH_APERTURE -> Optional.of(FindingCode.D3);
      case HANDED_OUT_ARMED -> Optional.of(FindingCode.A5);
      case PRIMARY_BLOCKED, PRIMARY_ASTRAY, PRIMARY_DATA, MAPPED_TWICE, MAPPED_UNASKED ->
          Optional.of(FindingCode.P1);
      case IOMMU_TOUCHED, DUMP_DIFFERS -> Optional.empty();
    };
  }

  private static void add(
      List<Finding> findings, FindingCode code, Violation violation, CrashResult result) {
    long count = result.violations().count(violation.kind());
    Violated seen = violation.of(count);
    for (int i = 0; i < findings.size(); i++) {
      Finding finding = findings.get(i);
      if (finding.code() == code && finding.severity() == Severity.BROKEN) {
        findings.set(i, finding.withEvidence(List.of(seen)));
        return;
      }
    }
    findings.add(Finding.broken(code, violation.party(), List.of(seen), remedy(code)));
  }

  private static Remedy remedy(FindingCode code) {
    return switch (code) {
      case A1 -> Step.ARM;
      case A4 -> Step.RESERVE_IOVAS;
      case B1, B4 -> KernelOption.LOW_CRASH_RANGE;
      case F1 -> KernelOption.OTHER_CRASH_RANGE;
      case D3 -> Step.LEAVE_APERTURE_OUT;
      case L1, L2 -> Step.KEEP_TRANSLATING;
      case P1 -> Step.MEND_DRIVER;
      case A5 -> Step.ARM_INSIDE_EARLY;
      case A2, A3, A6, A7, B2, B3, C1, C2, C3, C4, C5, C6, D1, D2, G1, L3, M1, M2, M3, W1 ->
          Step.FIX_OTHERS;
    };
  }
}
