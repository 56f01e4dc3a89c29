// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.time.Duration;
import org.crashlane.rule.Verdict;

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

  /** {@return what became of the dump and of other memory} */
  public CrashOutcome outcome() {
    return CrashOutcome.of(observations);
  }

  /** {@return true if the outcome is what the tables let one expect} */
  public boolean asPredicted() {
    return prediction.agreesWith(observations.dump());
  }
}
