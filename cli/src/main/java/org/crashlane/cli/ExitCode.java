// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.List;
import java.util.function.Function;
import org.crashlane.rehearsal.CrashOutcome.Grade;
import org.crashlane.rehearsal.Strategy;
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

  /** What makes a command fail. */
  enum FailOn {
    /** The dump is lost or differs, or other memory was overwritten. */
    OUTCOME,
    /** The same, or the rule is broken. */
    RULE
  }

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  /** {@return the number the shell sees} */
  int number() {
    return number;
  }

  /**
   * {@return the code for what was rehearsed, on whichever stage: the worst of the answers}
   *
   * <p>Of several, only identity promises that the rule holds; the others are there to be seen
   * failing it, and do not count.
   *
   * @param shown at least one
   */
  static <T> ExitCode of(
      List<T> shown, Function<T, Strategy> strategy, Function<T, Verdict.Answer> answer) {
    List<T> identity = shown.stream().filter(t -> strategy.apply(t) == Strategy.IDENTITY).toList();
    List<T> deciding = shown.size() == 1 || identity.isEmpty() ? shown : identity;
    return of(Verdict.worst(deciding.stream().map(answer).toList()));
  }

  /**
   * {@return the code for crashes: the worst of the outcomes} As in {@link #of(List, Function,
   * Function)}, identity decides where it is among several.
   *
   * @param failOn what else counts
   */
  static <T> ExitCode ofOutcomes(
      List<T> shown,
      Function<T, Strategy> strategy,
      Function<T, Grade> outcome,
      Function<T, Verdict.Answer> answer,
      FailOn failOn) {
    return of(
        shown,
        strategy,
        t ->
            switch (failOn) {
              case OUTCOME -> answer(outcome.apply(t));
              case RULE -> Verdict.worst(List.of(answer(outcome.apply(t)), answer.apply(t)));
            });
  }

  private static Verdict.Answer answer(Grade outcome) {
    return switch (outcome) {
      case GOOD -> Verdict.Answer.HOLDS;
      case BAD -> Verdict.Answer.BROKEN;
      case UNKNOWN -> Verdict.Answer.UNKNOWN;
    };
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
