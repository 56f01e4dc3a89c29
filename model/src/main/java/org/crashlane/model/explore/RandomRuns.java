// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import org.crashlane.model.crash.Crash;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.CrashResult;
import org.crashlane.model.crash.Schedule;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.crash.Violation;
import org.crashlane.model.hardware.Background;

/**
 * Many crashes of one machine, each by a seed of its own; of each kind of failure, the shortest.
 */
public final class RandomRuns {
  private RandomRuns() {}

  /**
   * What many runs came to.
   *
   * @param runCount how many there were
   * @param cleanCount in how many nothing was violated
   * @param dumpCount in how many the dump got through, and was right
   * @param failures of each kind of violation, the run with the lowest seed
   */
  public record Summary(
      int runCount, int cleanCount, int dumpCount, Map<Violation.Kind, Failure> failures) {
    public Summary {
      failures = Map.copyOf(failures);
    }
  }

  /**
   * One run that went wrong.
   *
   * @param seed what to repeat it with
   * @param violation what was violated, in the shrunk run
   * @param shrunk as little as is needed before the panic for it to happen
   */
  public record Failure(long seed, Violation violation, Schedule shrunk) {}

  /**
   * {@return what {@code runCount} crashes come to, with seeds from {@code firstSeed} on}
   *
   * @param stepCount steps before each panic
   * @param progress told how many are done
   */
  public static Summary run(
      CrashPlan plan, long firstSeed, int runCount, int stepCount, LongConsumer progress)
      throws InterruptedException {
    Background background = new Background(firstSeed);
    List<Future<CrashResult>> results = new ArrayList<>();
    Map<Violation.Kind, Failure> failures = new EnumMap<>(Violation.Kind.class);
    int clean = 0;
    int dumps = 0;
    try (ExecutorService threads =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
      for (int run = 0; run < runCount; run++) {
        long seed = firstSeed + run;
        results.add(
            threads.submit(() -> new Crash(plan, background).random(seed, stepCount, Trace.NONE)));
      }
      for (int run = 0; run < runCount; run++) {
        CrashResult result = get(results.get(run));
        results.set(run, null);
        clean += result.violations().isEmpty() ? 1 : 0;
        dumps += result.isDumpRight() ? 1 : 0;
        for (Violation violation : result.violations().all()) {
          if (!failures.containsKey(violation.kind())) {
            failures.put(
                violation.kind(), shrunk(plan, background, firstSeed + run, result, violation));
          }
        }
        progress.accept(run + 1);
      }
    }
    return new Summary(runCount, clean, dumps, failures);
  }

  private static CrashResult get(Future<CrashResult> result) throws InterruptedException {
    try {
      return result.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a run failed", e.getCause());
    }
  }

  private static Failure shrunk(
      CrashPlan plan, Background background, long seed, CrashResult result, Violation violation) {
    Shrinker shrinker = new Shrinker(new Crash(plan, background), violation.kind());
    Schedule shrunk = shrinker.shrink(result.schedule());
    Violation again =
        new Crash(plan, background)
            .replay(shrunk, Trace.NONE)
            .violations()
            .first(violation.kind())
            .orElseThrow();
    return new Failure(seed, again, shrunk);
  }
}
