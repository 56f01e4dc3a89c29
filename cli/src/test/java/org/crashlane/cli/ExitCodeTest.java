// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.crashlane.rehearsal.CrashOutcome.Grade;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One rule for all stages: which answers make the exit status. */
class ExitCodeTest {
  private record Shown(Strategy strategy, Answer answer) {}

  private static ExitCode of(Shown... shown) {
    return ExitCode.of(List.of(shown), Shown::strategy, Shown::answer);
  }

  @Test
  void oneAnswerCountsWhateverItsStrategy() {
    assertEquals(ExitCode.BROKEN, of(new Shown(Strategy.NONE, Answer.BROKEN)));
    assertEquals(ExitCode.UNKNOWN, of(new Shown(Strategy.IDENTITY, Answer.UNKNOWN)));
  }

  @ParameterizedTest
  @CsvSource({
    "GOOD, HOLDS, HOLDS, HOLDS",
    "GOOD, BROKEN, HOLDS, BROKEN",
    "GOOD, UNKNOWN, HOLDS, UNKNOWN",
    "BAD, HOLDS, BROKEN, BROKEN",
    "BAD, UNKNOWN, BROKEN, BROKEN",
    "UNKNOWN, HOLDS, UNKNOWN, UNKNOWN",
    "UNKNOWN, BROKEN, UNKNOWN, BROKEN",
    "UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN"
  })
  void anOutcomeMakesTheStatusAndTheRuleWhereItIsToCount(
      Grade outcome, Answer rule, ExitCode byOutcome, ExitCode byRule) {
    for (ExitCode.FailOn failOn : ExitCode.FailOn.values()) {
      ExitCode expected = failOn == ExitCode.FailOn.RULE ? byRule : byOutcome;
      assertEquals(
          expected,
          ExitCode.ofOutcomes(
              List.of(outcome), _ -> Strategy.NONE, grade -> grade, _ -> rule, failOn));
    }
  }

  @Test
  void ofSeveralIdentityAloneCounts() {
    assertEquals(
        ExitCode.HOLDS,
        of(
            new Shown(Strategy.NONE, Answer.BROKEN),
            new Shown(Strategy.IDENTITY, Answer.HOLDS),
            new Shown(Strategy.OFF, Answer.UNKNOWN)));
    assertEquals(
        ExitCode.BROKEN,
        of(
            new Shown(Strategy.IDENTITY, Answer.HOLDS),
            new Shown(Strategy.IDENTITY, Answer.BROKEN),
            new Shown(Strategy.NONE, Answer.HOLDS)));
  }

  @Test
  void withoutIdentityTheWorstCounts() {
    assertEquals(
        ExitCode.UNKNOWN,
        of(new Shown(Strategy.ADOPT, Answer.HOLDS), new Shown(Strategy.OFF, Answer.UNKNOWN)));
    assertEquals(
        ExitCode.BROKEN,
        of(new Shown(Strategy.NONE, Answer.UNKNOWN), new Shown(Strategy.OFF, Answer.BROKEN)));
  }
}
