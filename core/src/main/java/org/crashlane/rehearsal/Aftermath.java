// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Examples;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Remedy.KernelOption;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Sighting.Touch;
import org.crashlane.rule.Sighting.Touched;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;

/** The rule's view of what was seen after the crash, joined to its view of the tables before. */
public final class Aftermath {
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
    locked(observations).ifPresent(findings::add);
    touched(observations).ifPresent(findings::add);
    observations.tally().flatMap(Aftermath::corrupted).ifPresent(findings::add);
    observations.frames().stream()
        .filter(frames -> !frames.astray().isEmpty())
        .map(Aftermath::overwritten)
        .forEach(findings::add);
    return Verdict.of(findings);
  }

  private static Optional<Finding> lost(DumpOutcome dump) {
    return switch (dump) {
      case DumpOutcome.Written _, DumpOutcome.WrittenBut _ -> Optional.empty();
      case DumpOutcome.Missing missing -> Optional.of(lost(missing.reasons()));
      case DumpOutcome.Damaged damaged -> Optional.of(lost(damaged.reasons()));
      case DumpOutcome.NoRoom noRoom -> Optional.of(untried(noRoom.reason()));
      case DumpOutcome.Unread unread ->
          Optional.of(Finding.unknown(FindingCode.D1, Part.DUMP_DISK, unread.reasons()));
    };
  }

  private static Finding lost(List<Evidence> reasons) {
    return Finding.broken(FindingCode.D1, Part.DUMP_DISK, reasons, Step.FIX_OTHERS);
  }

  /** A capture kernel that dies of memory says nothing of what its DMA would have met. */
  private static Finding untried(Evidence reason) {
    return Finding.unknown(
        FindingCode.D1,
        Part.CAPTURE_KERNEL,
        List.of(reason, Fact.RULE_NOT_TESTED),
        KernelOption.LARGER_CRASH_RANGE);
  }

  private static Optional<Finding> detected(Observations observations) {
    if (observations.detection().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        Finding.broken(
            FindingCode.C1,
            Part.CAPTURE_KERNEL,
            Examples.firstOf(observations.detection()),
            Step.HIDE_IOMMU));
  }

  /** Where the IOMMU took no notice, the driver and the hardware work with different tables. */
  private static Optional<Finding> locked(Observations observations) {
    return observations.registerWritesAfterCrash().stream()
        .filter(Aftermath::isIgnored)
        .findFirst()
        .map(first ->
            Finding.broken(
                FindingCode.C6,
                Part.CAPTURE_KERNEL,
                List.of(first, Fact.REGISTERS_LOCKED),
                Step.REUSE_TABLES));
  }

  private static boolean isIgnored(Evidence write) {
    return write instanceof Touched touched && touched.what() == Touch.WRITES_LOCKED_REGISTER;
  }

  private static Optional<Finding> touched(Observations observations) {
    if (observations.registerWritesAfterCrash().isEmpty()) {
      return Optional.empty();
    }
    List<Evidence> evidence =
        new ArrayList<>(Examples.firstOf(observations.registerWritesAfterCrash()));
    evidence.add(
        observations.translatingAtEnd() ? Fact.TRANSLATING_AT_END : Fact.NOT_TRANSLATING_AT_END);
    return Optional.of(touched(evidence));
  }

  /** {@return that the capture kernel wrote to the IOMMU} */
  public static Finding touched(List<Evidence> evidence) {
    return Finding.broken(FindingCode.C2, Part.CAPTURE_KERNEL, evidence, Step.KEEP_HANDS_OFF);
  }

  private static Optional<Finding> corrupted(Tally tally) {
    if (tally.corruptedByteCount() == 0) {
      return Optional.empty();
    }
    return Optional.of(
        Finding.broken(
            FindingCode.D2,
            Part.MEMORY,
            List.of(new Amount(Quantity.BYTES_CHANGED_BY_DMA, tally.corruptedByteCount())),
            Step.KEEP_TRANSLATING));
  }

  private static Finding overwritten(Frames frames) {
    return new Finding(
        FindingCode.D2,
        Severity.BROKEN,
        Part.MEMORY,
        frames.astrayPages(),
        List.of(new Amount(Quantity.BYTES_CHANGED_BY_DMA, frames.astrayBytes())),
        List.of(Step.KEEP_TRANSLATING));
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
    return leftover
        .withSeverity(leftover.ranges().isEmpty() ? leftover.severity() : Severity.BROKEN)
        .withEvidence(List.of(Fact.SWITCHED_OFF_WHILE_RUNNING));
  }
}
