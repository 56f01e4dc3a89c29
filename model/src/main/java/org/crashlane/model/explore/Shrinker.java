// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.model.crash.Crash;
import org.crashlane.model.crash.Schedule;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.crash.Violation;

/**
 * Leaves out of a schedule whatever is not needed for a violation: halves first, then quarters,
 * down to single steps (delta debugging), within a bound of tries.
 */
final class Shrinker {
  private static final int TRIES_MAX = 400;

  private final Crash crash;
  private final Violation.Kind kind;
  private int tries;

  Shrinker(Crash crash, Violation.Kind kind) {
    this.crash = crash;
    this.kind = kind;
  }

  /**
   * {@return a schedule that violates the same, no longer than {@code schedule}}
   *
   * @param schedule one that does
   */
  Schedule shrink(Schedule schedule) {
    Schedule best = schedule;
    int part = Math.max(1, best.actions().size());
    while (part >= 1 && tries < TRIES_MAX) {
      boolean shorter = false;
      for (int from = 0; from < best.actions().size() && tries < TRIES_MAX; ) {
        Schedule candidate = without(best, from, part);
        if (violates(candidate)) {
          best = candidate;
          shorter = true;
        } else {
          from += part;
        }
      }
      part = shorter ? Math.min(part, Math.max(1, best.actions().size())) : part / 2;
      if (best.actions().isEmpty()) {
        break;
      }
    }
    return best;
  }

  private static Schedule without(Schedule schedule, int from, int count) {
    List<Integer> left = new ArrayList<>(schedule.actions().subList(0, from));
    int to = Math.min(schedule.actions().size(), from + count);
    left.addAll(schedule.actions().subList(to, schedule.actions().size()));
    return new Schedule(left, schedule.seed());
  }

  private boolean violates(Schedule schedule) {
    tries++;
    return crash.replay(schedule, Trace.NONE).violations().first(kind).isPresent();
  }
}
