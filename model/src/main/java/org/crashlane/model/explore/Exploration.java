// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import java.util.List;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.rule.Verdict;

/**
 * What all orders of things lead to.
 *
 * @param plan on what machine, and what was done
 * @param stateCount states, each counted once
 * @param transitionCount steps between them
 * @param depth steps of the longest way without a detour
 * @param isComplete false if it stopped at a limit
 * @param dumpCount final states with a dump that is right
 * @param lostCount final states without
 * @param counterexamples the shortest way to each kind of violation
 */
public record Exploration(
    CrashPlan plan,
    long stateCount,
    long transitionCount,
    int depth,
    boolean isComplete,
    long dumpCount,
    long lostCount,
    List<Counterexample> counterexamples) {

  public Exploration {
    counterexamples = List.copyOf(counterexamples);
  }

  /** {@return whether nothing is violated: known to be so only if every order was tried} */
  public Verdict.Answer answer() {
    if (!counterexamples.isEmpty()) {
      return Verdict.Answer.BROKEN;
    }
    return isComplete ? Verdict.Answer.HOLDS : Verdict.Answer.UNKNOWN;
  }
}
