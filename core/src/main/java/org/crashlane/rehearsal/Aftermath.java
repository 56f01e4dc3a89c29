// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;

/** The rule's view of what was seen after the crash, joined to its view of the tables before. */
public final class Aftermath {
  private static final int EVIDENCE_LINES = 4;

  private Aftermath() {}

  /**
   * {@return the verdict on a whole rehearsal}
   *
   * <p>Under a strategy that keeps the capture kernel blind the tables decide whether rules A and B
   * held; of the others {@link Strategy#heeds} says what still counts, beside what was seen.
   *
   * @param tablesBeforeCrash the rule's verdict on the tables
   */
  public static Verdict judge(
      Strategy strategy, Verdict tablesBeforeCrash, Observations observations) {
    List<Finding> findings = new ArrayList<>();
    boolean setFree = !strategy.blind() && !observations.translatingAtEnd();
    tablesBeforeCrash.findings().stream()
        .filter(strategy::heeds)
        .map(finding -> setFree && isContained(finding) ? corrupting(finding) : finding)
        .forEach(findings::add);
    lost(observations.dump()).ifPresent(findings::add);
    detected(observations).ifPresent(findings::add);
    touched(observations).ifPresent(findings::add);
    observations.tally().flatMap(Aftermath::corrupted).ifPresent(findings::add);
    return Verdict.of(findings);
  }

  private static Optional<Finding> lost(DumpOutcome dump) {
    return switch (dump) {
      case DumpOutcome.Written _ -> Optional.empty();
      case DumpOutcome.Missing missing -> Optional.of(lost(missing.reason()));
      case DumpOutcome.Damaged damaged -> Optional.of(lost(damaged.reason()));
      case DumpOutcome.NoRoom noRoom -> Optional.of(untried(noRoom.reason()));
    };
  }

  private static Finding lost(String reason) {
    return new Finding(
        FindingCode.D1,
        Severity.BROKEN,
        "dump disk",
        Optional.empty(),
        List.of(reason),
        "fix the findings listed before it");
  }

  /** A capture kernel that dies of memory says nothing of what its DMA would have met. */
  private static Finding untried(String reason) {
    return new Finding(
        FindingCode.D1,
        Severity.UNKNOWN,
        Finding.CAPTURE_KERNEL,
        Optional.empty(),
        List.of(reason, "the rule was not put to the test"),
        "reserve more memory for the capture kernel: a larger crashkernel=");
  }

  private static Optional<Finding> detected(Observations observations) {
    if (observations.detectionLines().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Finding(
            FindingCode.C1,
            Severity.BROKEN,
            Finding.CAPTURE_KERNEL,
            Optional.empty(),
            firstOf(observations.detectionLines()),
            "hide the IOMMU's ACPI table from the capture kernel, or build it without the driver"));
  }

  private static Optional<Finding> touched(Observations observations) {
    if (observations.registerWritesAfterCrash().isEmpty()) {
      return Optional.empty();
    }
    List<String> evidence = new ArrayList<>(firstOf(observations.registerWritesAfterCrash()));
    evidence.add(
        observations.translatingAtEnd()
            ? "translation was on at the end"
            : "translation was off at the end: leftover DMA went to physical memory untranslated");
    return Optional.of(touched(evidence));
  }

  /** {@return that the capture kernel wrote to the IOMMU} */
  public static Finding touched(List<String> evidence) {
    return new Finding(
        FindingCode.C2,
        Severity.BROKEN,
        Finding.CAPTURE_KERNEL,
        Optional.empty(),
        evidence,
        "keep the capture kernel from seeing the IOMMU: switching it off is also touching it");
  }

  private static Optional<Finding> corrupted(Tally tally) {
    if (tally.corruptedByteCount() == 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Finding(
            FindingCode.D2,
            Severity.BROKEN,
            "memory",
            Optional.empty(),
            List.of("%,d bytes were changed by DMA".formatted(tally.corruptedByteCount())),
            "leave translation running, so that leftovers keep to what was mapped for them"));
  }

  private static boolean isContained(Finding finding) {
    return finding.code() == FindingCode.L2
        || (finding.code() == FindingCode.F1 && finding.severity() == Severity.NOTE);
  }

  /**
   * A leftover IOVA that is an address of memory (the finding then has a range) is harmless only as
   * long as translation runs; so is a region of firmware's that the tables keep its device out of.
   */
  private static Finding corrupting(Finding leftover) {
    List<String> evidence = new ArrayList<>(leftover.evidence());
    evidence.add("the capture kernel switched translation off while devices still ran");
    return new Finding(
        leftover.code(),
        leftover.range().isPresent() ? Severity.BROKEN : leftover.severity(),
        leftover.subject(),
        leftover.range(),
        evidence,
        leftover.remedy());
  }

  private static List<String> firstOf(List<String> lines) {
    if (lines.size() <= EVIDENCE_LINES) {
      return lines;
    }
    List<String> first = new ArrayList<>(lines.subList(0, EVIDENCE_LINES));
    first.add("and " + (lines.size() - EVIDENCE_LINES) + " more");
    return first;
  }
}
