// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.crashlane.rehearsal.CrashOutcome;
import org.crashlane.rehearsal.CrashOutcome.Grade;
import org.crashlane.rehearsal.CrashOutcome.Memory;
import org.crashlane.rehearsal.IommuMemory;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.report.Colours.Style;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;

/** What became of dumps and of memory, in words. */
final class OutcomeText {
  private static final Set<FindingCode> EFFECTS =
      EnumSet.of(FindingCode.D1, FindingCode.D2, FindingCode.C1, FindingCode.C2);

  private OutcomeText() {}

  /** {@return the word for a cell of a matrix, at most 8 characters} */
  static String word(CrashOutcome outcome) {
    String dump =
        switch (outcome.dump()) {
          case WHOLE -> "ok";
          case WHOLE_BUT_IOMMU -> "ok~";
          case DIFFERS -> "DIFF";
          case NONE -> "LOST";
          case NOT_TRIED -> "NO ROOM";
          case NOT_READ -> "NOT READ";
        };
    return outcome.memory() == Memory.OVERWRITTEN ? dump + "!" : dump;
  }

  /** {@return how the word is shown} */
  static Style style(CrashOutcome outcome) {
    return switch (outcome.grade()) {
      case GOOD -> Style.GOOD;
      case BAD -> Style.BAD;
      case UNKNOWN -> Style.DOUBTFUL;
    };
  }

  /** {@return what became of the dump and of other memory} */
  static String sentence(CrashOutcome outcome) {
    String dump =
        switch (outcome.dump()) {
          case WHOLE -> "dump complete";
          case WHOLE_BUT_IOMMU ->
              "dump complete but for the IOMMU's own tables, which the capture kernel had to change";
          case DIFFERS -> "the dump is not the memory of the panic";
          case NONE -> "no dump";
          case NOT_TRIED -> "not tried: the crashkernel reservation is too small";
          case NOT_READ -> "something was written, and whether it is a dump is not known";
        };
    return switch (outcome.memory()) {
      case OVERWRITTEN -> dump + ", and other memory was overwritten";
      case UNCHANGED -> dump;
      // What the dump holds of it was compared; of the crash range nothing is known.
      case NOT_SEEN ->
          switch (outcome.dump()) {
            case WHOLE, WHOLE_BUT_IOMMU -> dump + "; other memory not watched";
            case DIFFERS, NONE, NOT_TRIED, NOT_READ -> dump;
          };
    };
  }

  /** {@return what pages of an IOMMU's hold} */
  static String of(List<IommuMemory.Changed> changed) {
    return changed.stream()
        .map(c ->
            "%,d %s (%s)"
                .formatted(c.pageCount(), c.pageCount() == 1 ? "page" : "pages", of(c.part())))
        .collect(Collectors.joining(", "));
  }

  private static String of(IommuMemory.Part part) {
    return switch (part) {
      case DEVICE_TABLE -> "device table";
      case PAGE_TABLE -> "page table";
      case COMMAND_BUFFER -> "command buffer";
      case EVENT_LOG -> "event log";
      case COMPLETION_STORE -> "completion store";
    };
  }

  /**
   * {@return what decides, the worst first, and of equals what explains the outcome: that there is
   * no dump, and what the capture kernel did, says what happened and not why}
   */
  static List<Finding> causesFirst(Rehearsal rehearsal) {
    return causesFirst(rehearsal.verdict(), rehearsal.outcome().grade() == Grade.BAD);
  }

  /** As above, of a verdict on a crash that went badly, or may. */
  static List<Finding> causesFirst(Verdict verdict, boolean isBad) {
    return verdict.findings().stream()
        .filter(f -> f.severity() != Severity.NOTE)
        .sorted(
            Comparator.comparing(Finding::severity, Comparator.reverseOrder())
                .thenComparing(f -> isBad && EFFECTS.contains(f.code())))
        .toList();
  }
}
