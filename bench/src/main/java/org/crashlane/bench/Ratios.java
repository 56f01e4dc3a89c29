// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs the benchmarks and prints each figure beside its yardstick, from one and the same run.
 *
 * <p>The machine may have other work, so all is measured in rounds, a JVM for each benchmark in
 * each; a figure is compared with its yardstick of the same round, and the rounds' median is told.
 */
public final class Ratios {
  private static final int ROUND_COUNT = 5;

  private static final List<Comparison> COMPARISONS =
      List.of(
          new Comparison(
              "identity-map 64 GiB in 4 KiB leaves",
              "identityMap",
              "fill the same bytes, one dependent walk a table",
              "fillAndWalk",
              ""),
          new Comparison(
              "walk 1 GiB of tables, targets contiguous",
              "walk",
              "load each 8 bytes of them",
              "scan",
              "contiguous"),
          new Comparison(
              "walk 1 GiB of tables, every page a run of its own",
              "walk",
              "load each 8 bytes of them",
              "scan",
              "scattered"));

  private record Comparison(
      String what, String method, String yardstick, String yardstickMethod, String targets) {

    double ownMillis(Collection<RunResult> round) {
      return millis(round, method, targets);
    }

    double yardstickMillis(Collection<RunResult> round) {
      return millis(round, yardstickMethod, targets);
    }

    double speed(Collection<RunResult> round) {
      return yardstickMillis(round) / ownMillis(round);
    }
  }

  private Ratios() {}

  /** Takes no arguments; the table goes to the standard output, in Markdown. */
  public static void main(String[] arguments) throws RunnerException {
    List<Collection<RunResult>> rounds = new ArrayList<>();
    for (int i = 0; i < ROUND_COUNT; i++) {
      rounds.add(round());
    }
    PrintStream out = System.out;
    out.println("| what | ms | yardstick | ms | speed, yardstick = 1 | lowest to highest |");
    out.println("|---|---|---|---|---|---|");
    for (Comparison each : COMPARISONS) {
      DoubleSummaryStatistics speeds = rounds.stream().mapToDouble(each::speed).summaryStatistics();
      out.printf(
          "| %s | %.1f | %s | %.1f | %.2f | %.2f to %.2f |%n",
          each.what(),
          median(rounds, each::ownMillis),
          each.yardstick(),
          median(rounds, each::yardstickMillis),
          median(rounds, each::speed),
          speeds.getMin(),
          speeds.getMax());
    }
  }

  private static Collection<RunResult> round() throws RunnerException {
    return new Runner(
            new OptionsBuilder()
                .include(MapBenchmark.class.getName())
                .include(WalkBenchmark.class.getName())
                .jvmArgsAppend("-Xmx2g")
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build())
        .run();
  }

  private static double median(
      List<Collection<RunResult>> rounds, ToDoubleFunction<Collection<RunResult>> figure) {
    return rounds.stream().mapToDouble(figure).sorted().toArray()[rounds.size() / 2];
  }

  /** {@return the median of one round's iterations} */
  private static double millis(Collection<RunResult> round, String method, String targets) {
    int middle = 50;
    return round.stream()
        .filter(r -> r.getParams().getBenchmark().endsWith("." + method))
        .filter(r -> targets.isEmpty() || targets.equals(r.getParams().getParam("targets")))
        .mapToDouble(r -> r.getPrimaryResult().getStatistics().getPercentile(middle))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no result of " + method + " " + targets));
  }
}
