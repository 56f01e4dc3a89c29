// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
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

final class FailureTest {
  private static final int SEEDS = 12;
  private static final int STEPS = 80;

  /** Fewer pages in all than Calgary's allocator has before it begins again. */
  private static final Workload BOUNDED = new Workload(4, 8, false, 1 << 16);

  private static final Workload ENDLESS = new Workload(4, -1, true, 1 << 16);

  @ParameterizedTest
  @EnumSource
  void nothingFailsWhereTheRuleIsKept(MappingMode mode) {
    CrashPlan plan = SmallMachine.plan(mode, Strategy.IDENTITY).withWorkload(BOUNDED);
    for (long seed = 0; seed < SEEDS; seed++) {
      assertEquals(Optional.empty(), Failure.of(plan, seed, STEPS), "seed " + seed);
    }
  }

  /**
   * What Linux 2.6.27 does with Calgary: a page that is mapped while the search begins again is
   * handed out the next time around without a flush. Where a card reaches 128 pages, that is soon.
   */
  @ParameterizedTest
  @EnumSource(names = {"NONE", "RESERVE", "IDENTITY"})
  void calgarysStaleEntriesAreThePrimarysOwnWhateverIsDoneAboutTheCrash(Strategy strategy) {
    CrashPlan plan = SmallMachine.plan(MappingMode.CALGARY, strategy).withWorkload(ENDLESS);
    long count = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      CrashResult result =
          new Crash(plan, new Background(seed)).random(seed, 4 * STEPS, Trace.NONE);
      count += result.violations().count(Violation.Kind.PRIMARY_ASTRAY);
    }
    assertTrue(count > 0);
  }

  @Test
  void whatItSaysRepeatsIt() {
    CrashPlan plan = SmallMachine.plan(MappingMode.CALGARY, Strategy.OFF).withWorkload(BOUNDED);
    int failed = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      Optional<Failure> found = Failure.of(plan, seed, STEPS);
      assertEquals(found, Failure.of(plan, seed, STEPS));
      if (found.isPresent()) {
        failed++;
        Failure failure = found.get();
        String text = failure.shrunk().text(plan.machine());
        Schedule again = Schedule.parse(text, failure.seed(), plan.machine());
        CrashResult result = new Crash(plan, new Background(seed)).replay(again, Trace.NONE);
        Violation.Kind kind = failure.violation().kind();
        assertEquals(Optional.of(failure.violation()), result.violations().first(kind), text);
      }
    }
    assertEquals(SEEDS, failed);
  }

  @Test
  void theWorstIsTold() {
    CrashPlan plan = SmallMachine.plan(MappingMode.GART, Strategy.ABORT).withWorkload(BOUNDED);
    for (long seed = 0; seed < SEEDS; seed++) {
      Violation.Kind kind = Failure.of(plan, seed, STEPS).orElseThrow().violation().kind();
      assertTrue(
          kind == Violation.Kind.LEFTOVER_IN_CRASH_RANGE || kind == Violation.Kind.DUMP_DIFFERS,
          kind.name());
    }
  }
}
