// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.List;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;

/** What the tables let one expect before the crash. */
public enum Prediction {
  DUMP,
  NO_DUMP,
  UNKNOWN;

  /**
   * {@return what to expect}
   *
   * @param strategy what is done about the crash: {@link Strategy#heeded} says what of the tables a
   *     capture kernel depends on that takes the IOMMU over
   * @param tablesBeforeCrash the rule's verdict on the tables
   */
  public static Prediction of(Strategy strategy, Verdict tablesBeforeCrash) {
    List<Finding> findings = strategy.heeded(tablesBeforeCrash).findings();
    if (findings.stream().anyMatch(f -> f.severity() == Severity.BROKEN && f.code().losesDump())) {
      return NO_DUMP;
    }
    // Without interrupts a driver may still poll its way through, in hours or in time, or give up;
    // and on which processor the panic is decides whether the capture kernel starts.
    if (findings.stream()
        .anyMatch(f ->
            (f.code() == FindingCode.C3 || f.code() == FindingCode.C4)
                && f.severity() != Severity.NOTE)) {
      return UNKNOWN;
    }
    // What cannot be read may serve the dump path or stop it. Leftovers do neither.
    boolean unread =
        findings.stream()
            .filter(f -> f.severity() == Severity.UNKNOWN)
            .anyMatch(f -> strategy.blind() ? f.code() != FindingCode.L1 : f.code().losesDump());
    return unread ? UNKNOWN : DUMP;
  }

  /**
   * {@return false if {@code dump} is not what was expected} The tables say nothing of how much
   * memory a capture kernel needs, and what is not known contradicts nothing.
   */
  public boolean agreesWith(DumpOutcome dump) {
    return switch (dump) {
      case DumpOutcome.NoRoom _, DumpOutcome.Unread _ -> true;
      default -> agreesWith(dump.gotThrough());
    };
  }

  private boolean agreesWith(boolean gotThrough) {
    return switch (this) {
      case DUMP -> gotThrough;
      case NO_DUMP -> !gotThrough;
      case UNKNOWN -> true;
    };
  }
}
