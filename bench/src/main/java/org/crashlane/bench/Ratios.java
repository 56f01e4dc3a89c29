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

  private static final String MAPPED = "map 64 GiB in 4 KiB leaves";
  private static final String RUN = "walk 1 GiB of tables, targets contiguous";
  private static final String SCATTERED = "walk 1 GiB of tables, every page a run of its own";
  private static final String FILL = "fill the same bytes, one dependent walk a table";
  private static final String LOAD = "load each 8 bytes of them";

  private static final List<Comparison> COMPARISONS =
      List.of(
          new Comparison(MAPPED, vtd("identityMap", ""), FILL, vtd("fillAndWalk", "")),
          new Comparison(RUN, vtd("walk", "contiguous"), LOAD, vtd("scan", "contiguous")),
          new Comparison(SCATTERED, vtd("walk", "scattered"), LOAD, vtd("scan", "scattered")),
          againstVtd(MAPPED, "identityMap", ""),
          againstVtd(RUN, "walk", "contiguous"),
          againstVtd(SCATTERED, "walk", "scattered"));

  /** One benchmark, as its parameters choose it; an empty text is for a parameter it has not. */
  private record Figure(String method, String vendor, String targets) {}

  private record Comparison(String what, Figure own, String yardstick, Figure yardstickFigure) {

    double ownMillis(Collection<RunResult> round) {
      return millis(round, own);
    }

    double yardstickMillis(Collection<RunResult> round) {
      return millis(round, yardstickFigure);
    }

    double speed(Collection<RunResult> round) {
      return yardstickMillis(round) / ownMillis(round);
    }
  }

  private static Figure vtd(String method, String targets) {
    return new Figure(method, "vtd", targets);
  }

  private static Comparison againstVtd(String what, String method, String targets) {
    return new Comparison(
        what + ", AMD-Vi",
        new Figure(method, "amdvi", targets),
        "the same, VT-d",
        vtd(method, targets));
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
  private static double millis(Collection<RunResult> round, Figure figure) {
    int middle = 50;
    return round.stream()
        .filter(r -> r.getParams().getBenchmark().endsWith("." + figure.method()))
        .filter(r -> figure.vendor().equals(r.getParams().getParam("vendor")))
        .filter(r ->
            figure.targets().isEmpty()
                || figure.targets().equals(r.getParams().getParam("targets")))
        .mapToDouble(r -> r.getPrimaryResult().getStatistics().getPercentile(middle))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no result of " + figure));
  }
}
