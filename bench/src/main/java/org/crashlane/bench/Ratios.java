// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bench;

import java.io.PrintStream;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the benchmarks and prints each figure beside its yardstick, from one and the same run. */
public final class Ratios {
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
      String what, String method, String yardstick, String yardstickMethod, String targets) {}

  private Ratios() {}

  /** Takes no arguments; the table goes to the standard output, in Markdown. */
  public static void main(String[] arguments) throws RunnerException {
    PrintStream out = System.out;
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include(MapBenchmark.class.getName())
                    .include(WalkBenchmark.class.getName())
                    .jvmArgsAppend("-Xmx2g")
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .run();
    out.println("| what | ms | yardstick | ms | speed, yardstick = 1 |");
    out.println("|---|---|---|---|---|");
    for (Comparison each : COMPARISONS) {
      double own = millis(results, each.method(), each.targets());
      double yardstick = millis(results, each.yardstickMethod(), each.targets());
      out.printf(
          "| %s | %.1f | %s | %.1f | %.2f |%n",
          each.what(), own, each.yardstick(), yardstick, yardstick / own);
    }
  }

  private static double millis(Collection<RunResult> results, String method, String targets) {
    return results.stream()
        .filter(r -> r.getParams().getBenchmark().endsWith("." + method))
        .filter(r -> targets.isEmpty() || targets.equals(r.getParams().getParam("targets")))
        .mapToDouble(r -> r.getPrimaryResult().getScore())
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no result of " + method + " " + targets));
  }
}
