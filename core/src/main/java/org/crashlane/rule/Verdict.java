// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.List;

/**
 * What every verb ends in.
 *
 * @param answer the answer
 * @param findings why, worst first
 */
public record Verdict(Answer answer, List<Finding> findings) {

  /** Three values, no guesses. */
  public enum Answer {
    HOLDS,
    BROKEN,
    UNKNOWN
  }

  public Verdict {
    findings = List.copyOf(findings);
  }

  /** {@return the verdict that {@code findings} add up to} */
  public static Verdict of(List<Finding> findings) {
    List<Finding> worstFirst =
        findings.stream().sorted((a, b) -> b.severity().compareTo(a.severity())).toList();
    Severity worst = worstFirst.isEmpty() ? Severity.NOTE : worstFirst.getFirst().severity();
    Answer answer =
        switch (worst) {
          case NOTE -> Answer.HOLDS;
          case UNKNOWN -> Answer.UNKNOWN;
          case BROKEN -> Answer.BROKEN;
        };
    return new Verdict(answer, worstFirst);
  }

  /** {@return the worst of {@code answers}; holds where there is none} */
  public static Answer worst(List<Answer> answers) {
    if (answers.contains(Answer.BROKEN)) {
      return Answer.BROKEN;
    }
    return answers.contains(Answer.UNKNOWN) ? Answer.UNKNOWN : Answer.HOLDS;
  }
}
