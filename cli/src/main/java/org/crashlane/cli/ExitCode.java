// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.List;
import org.crashlane.rule.Verdict;

/** How the program ends: the same four numbers for every command. */
enum ExitCode {
  /** The rule holds, or what was asked for was done. */
  HOLDS(0),
  /** The rule is broken, or what was compared differs. */
  BROKEN(1),
  /** The input or the command line is not usable. */
  BAD_INPUT(2),
  /** What would tell was not readable. */
  UNKNOWN(3);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  /** {@return the number the shell sees} */
  int number() {
    return number;
  }

  /** {@return the code that says the worst of {@code answers}, of which there is one at least} */
  static ExitCode worst(List<Verdict.Answer> answers) {
    if (answers.contains(Verdict.Answer.BROKEN)) {
      return BROKEN;
    }
    return answers.contains(Verdict.Answer.UNKNOWN) ? UNKNOWN : HOLDS;
  }

  /** {@return the code that says {@code answer}} */
  static ExitCode of(Verdict.Answer answer) {
    return switch (answer) {
      case HOLDS -> HOLDS;
      case BROKEN -> BROKEN;
      case UNKNOWN -> UNKNOWN;
    };
  }
}
