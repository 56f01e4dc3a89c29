// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

final class RandomRunsTest {
  private static final int RUNS = 12;
  private static final int STEPS = 80;
  private static final long FIRST_SEED = 100;

  /** Fewer pages in all than Calgary's allocator has before it begins again. */
  private static final Workload BOUNDED = new Workload(4, 8, false, 1 << 16);

  private static final Workload ENDLESS = new Workload(4, -1, true, 1 << 16);

  @ParameterizedTest
  @EnumSource
  void everyRunIsCleanWhereTheRuleIsKept(MappingMode mode) throws InterruptedException {
    CrashPlan plan = SmallMachine.plan(mode, Strategy.IDENTITY).withWorkload(BOUNDED);
    RandomRuns.Summary summary = run(plan, new ArrayList<>());
    assertEquals(new RandomRuns.Summary(RUNS, RUNS, RUNS, Map.of()), summary);
  }

  /**
   * What Linux 2.6.27 does with Calgary: a page that is mapped while the search begins again is
   * handed out the next time around without a flush. With a table of 128 pages that is soon.
   */
  @ParameterizedTest
  @EnumSource(names = {"NONE", "RESERVE", "IDENTITY"})
  void calgarysStaleEntriesAreThePrimarysOwnWhateverIsDoneAboutTheCrash(Strategy strategy)
      throws InterruptedException {
    RandomRuns.Summary summary = run(plan(MappingMode.CALGARY, strategy), new ArrayList<>());
    assertTrue(summary.failures().containsKey(Violation.Kind.PRIMARY_ASTRAY));
  }

  @Test
  void aFailureIsRepeatedByWhatItSays() throws InterruptedException {
    CrashPlan plan = plan(MappingMode.CALGARY, Strategy.OFF);
    RandomRuns.Summary summary = run(plan, new ArrayList<>());
    assertFalse(summary.failures().isEmpty());
    summary
        .failures()
        .forEach((kind, failure) -> {
          String text = failure.shrunk().text(plan.machine());
          Schedule again = Schedule.parse(text, failure.shrunk().seed(), plan.machine());
          CrashResult result =
              new Crash(plan, new Background(FIRST_SEED)).replay(again, Trace.NONE);
          assertEquals(failure.violation(), result.violations().first(kind).orElseThrow(), text);
          assertEquals(failure.seed(), failure.shrunk().seed());
        });
  }

  @Test
  void theSameSeedsComeToTheSame() throws InterruptedException {
    CrashPlan plan = plan(MappingMode.GART, Strategy.ABORT);
    List<Long> progress = new ArrayList<>();
    RandomRuns.Summary summary = run(plan, progress);
    assertEquals(summary, run(plan, new ArrayList<>()));
    assertEquals(RUNS, progress.size());
    assertEquals(RUNS, progress.getLast());
    assertEquals(0, summary.dumpCount());
    assertTrue(summary.failures().containsKey(Violation.Kind.DUMP_DIFFERS));
  }

  private static CrashPlan plan(MappingMode mode, Strategy strategy) {
    return SmallMachine.plan(mode, strategy).withWorkload(ENDLESS);
  }

  private static RandomRuns.Summary run(CrashPlan plan, List<Long> progress)
      throws InterruptedException {
    return RandomRuns.run(plan, FIRST_SEED, RUNS, STEPS, progress::add);
  }
}
