// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.crashlane.rehearsal.CrashOutcome.Grade;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;
import org.crashlane.rule.Verdict.Answer;

/**
 * One crash, rehearsed: what was expected, what was seen, and what the rule says of both.
 *
 * @param scenario what was rehearsed
 * @param tablesBeforeCrash the rule's verdict on the tables as they stood at the panic
 * @param prediction what these let one expect
 * @param observations what was measured
 * @param verdict the rule's verdict on all of it
 * @param wallTime how long it took
 * @param machineTime how much of that the machine itself ran, from power-on to power-off, less the
 *     time it was held for the rehearsal's sake
 */
public record Rehearsal(
    Scenario scenario,
    Verdict tablesBeforeCrash,
    Prediction prediction,
    Observations observations,
    Verdict verdict,
    Duration wallTime,
    Duration machineTime) {
  private static final Set<FindingCode> MENDED_BY_ARMING =
      Set.of(FindingCode.A1, FindingCode.A2, FindingCode.A5);

  /** {@return what became of the dump and of other memory} */
  public CrashOutcome outcome() {
    return CrashOutcome.of(observations);
  }

  /**
   * {@return what gets a dump of this machine where there is none, or a bad one, and what keeps the
   * rule where there is a good one: settings of Linux, each of which is enough, the preferred
   * first} What the tables show to be in the way of one has it left out.
   */
  public List<LinuxSetting> waysOut() {
    List<LinuxSetting> ways = new ArrayList<>();
    MappingMode mode = scenario.mode();
    if (outcome().grade() == Grade.BAD && isAdoptionFree()) {
      Optional<LinuxSetting> reusing = LinuxSetting.of(Adoption.REUSE, mode);
      if (isLocked()) {
        reusing.ifPresent(ways::add);
      } else if (scenario.strategy() != Strategy.ADOPT) {
        LinuxSetting.of(Strategy.ADOPT, mode).ifPresent(ways::add);
      }
    }
    boolean isWanted = outcome().grade() == Grade.BAD || verdict.answer() == Answer.BROKEN;
    if (isWanted && scenario.strategy() != Strategy.IDENTITY && isArmingEnough()) {
      LinuxSetting.of(Strategy.IDENTITY, mode).ifPresent(ways::add);
    }
    return ways;
  }

  private boolean isLocked() {
    return verdict.findings().stream().anyMatch(f -> f.code() == FindingCode.C6);
  }

  private boolean isAdoptionFree() {
    return tablesBeforeCrash.findings().stream()
        .filter(Strategy.ADOPT::heeds)
        .allMatch(f -> f.severity() == Severity.NOTE);
  }

  private boolean isArmingEnough() {
    return tablesBeforeCrash.findings().stream()
        .allMatch(f -> f.severity() == Severity.NOTE || MENDED_BY_ARMING.contains(f.code()));
  }

  /** {@return true if the outcome is what the tables let one expect} */
  public boolean asPredicted() {
    return prediction.agreesWith(observations.dump());
  }
}
