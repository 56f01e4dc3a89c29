// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.crashlane.model.crash.Crash;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.CrashResult;
import org.crashlane.model.crash.Schedule;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.crash.Violation;
import org.crashlane.model.crash.Workload;
import org.crashlane.model.hardware.Background;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ShrinkerTest {
  private static final int STEPS = 60;
  private static final long SEED = 3;
  private static final long SEEDS = 50;
  private static final Background BACKGROUND = new Background(SEED);

  /** Commands without end: there is much to leave out. */
  private static final Workload ENDLESS = new Workload(4, -1, false, 1 << 16);

  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI", "GART"})
  void aShrunkScheduleStillViolatesAndNoStepOfItCanGo(MappingMode mode) {
    CrashPlan plan = SmallMachine.plan(mode, Strategy.OFF).withWorkload(ENDLESS);
    Crash crash = new Crash(plan, BACKGROUND);
    Violation.Kind kind = Violation.Kind.LEFTOVER_ASTRAY;
    CrashResult result =
        LongStream.range(0, SEEDS)
            .mapToObj(seed -> crash.random(seed, STEPS, Trace.NONE))
            .filter(r -> r.violations().count(kind) > 0)
            .findFirst()
            .orElseThrow();
    Schedule shrunk = new Shrinker(crash, kind).shrink(result.schedule());
    assertTrue(violates(crash, shrunk, kind));
    assertTrue(shrunk.actions().size() < result.schedule().actions().size());
    for (int i = 0; i < shrunk.actions().size(); i++) {
      assertTrue(!violates(crash, without(shrunk, i), kind), "step " + i + " of " + shrunk);
    }
  }

  @Test
  void whatNeedsNothingShrinksToNothing() {
    CrashPlan plan = SmallMachine.plan(MappingMode.VTD, Strategy.RESERVE).withWorkload(ENDLESS);
    Crash crash = new Crash(plan, BACKGROUND);
    Schedule all = crash.random(SEED, STEPS, Trace.NONE).schedule();
    Schedule shrunk = new Shrinker(crash, Violation.Kind.CAPTURE_BLOCKED).shrink(all);
    assertEquals(0, shrunk.actions().size());
  }

  private static Schedule without(Schedule schedule, int index) {
    List<Integer> actions = new ArrayList<>(schedule.actions());
    actions.remove(/* index */ index);
    return new Schedule(actions, schedule.seed());
  }

  private static boolean violates(Crash crash, Schedule schedule, Violation.Kind kind) {
    return crash.replay(schedule, Trace.NONE).violations().count(kind) > 0;
  }
}
