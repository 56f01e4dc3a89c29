// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bench;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.crashlane.model.explore.Exploration;
import org.crashlane.model.explore.Explorer;
import org.crashlane.model.explore.ExplorerLimits;
import org.crashlane.model.explore.SmallMachine;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;

/**
 * States per second of the explorer under {@code identity}, in every mapping mode, on one thread
 * and on two. A mode is explored again and again until the warm-up is over; the median of what
 * follows is told.
 */
public final class ExplorerRates {
  private static final int THREADS_MAX = 2;
  private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long MEASURED_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final int RUNS_MAX = 10_000;
  private static final int RUNS_MIN = 3;

  private ExplorerRates() {}

  /** Takes mapping modes, or nothing for all; the table goes to the standard output. */
  public static void main(String[] arguments) throws InterruptedException {
    PrintStream out = System.out;
    out.println("| mode | states | steps | states/s, 1 thread | states/s, 2 threads | ratio |");
    out.println("|---|---|---|---|---|---|");
    for (MappingMode mode : MappingMode.values()) {
      if (arguments.length > 0 && !Arrays.asList(arguments).contains(mode.label())) {
        continue;
      }
      Exploration all = explore(mode, 1);
      double[] rates = new double[THREADS_MAX];
      for (int threads = 1; threads <= THREADS_MAX; threads++) {
        runs(mode, threads, WARM_UP_NANOS);
        double[] nanos = runs(mode, threads, MEASURED_NANOS);
        double secondNanos = TimeUnit.SECONDS.toNanos(1);
        rates[threads - 1] = all.stateCount() / nanos[nanos.length / 2] * secondNanos;
      }
      out.printf(
          "| %s | %,d | %,d | %,.0f | %,.0f | %.2f |%n",
          mode.label(),
          all.stateCount(),
          all.transitionCount(),
          rates[0],
          rates[THREADS_MAX - 1],
          rates[THREADS_MAX - 1] / rates[0]);
    }
  }

  private static Exploration explore(MappingMode mode, int threads) throws InterruptedException {
    return Explorer.explore(
        SmallMachine.plan(mode, Strategy.IDENTITY),
        new ExplorerLimits(ExplorerLimits.usual().stateCountMax(), threads),
        _ -> {
          // nobody waits
        });
  }

  /** {@return what each run took, sorted} */
  private static double[] runs(MappingMode mode, int threads, long nanos)
      throws InterruptedException {
    double[] took = new double[RUNS_MAX];
    long begun = System.nanoTime();
    int count = 0;
    while (count < RUNS_MIN || (System.nanoTime() - begun < nanos && count < RUNS_MAX)) {
      long started = System.nanoTime();
      explore(mode, threads);
      took[count++] = System.nanoTime() - started;
    }
    return Arrays.stream(took, 0, count).sorted().toArray();
  }
}
