// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;

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
