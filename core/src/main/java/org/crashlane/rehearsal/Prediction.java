// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import org.crashlane.rule.Verdict;

/** What the tables let one expect before the crash. */
public enum Prediction {
  DUMP,
  NO_DUMP,
  UNKNOWN;

  /**
   * {@return what to expect}
   *
   * @param strategy what is done about the crash: a capture kernel that takes the IOMMU over does
   *     not depend on what the tables say
   * @param tablesBeforeCrash the rule's verdict on the tables
   */
  public static Prediction of(Strategy strategy, Verdict tablesBeforeCrash) {
    if (!strategy.blind()) {
      return DUMP;
    }
    return switch (tablesBeforeCrash.answer()) {
      case HOLDS -> DUMP;
      case BROKEN -> NO_DUMP;
      case UNKNOWN -> UNKNOWN;
    };
  }

  /** {@return false if {@code dump} is not what was expected} */
  public boolean agreesWith(DumpOutcome dump) {
    return switch (this) {
      case DUMP -> dump.gotThrough();
      case NO_DUMP -> !dump.gotThrough();
      case UNKNOWN -> true;
    };
  }
}
