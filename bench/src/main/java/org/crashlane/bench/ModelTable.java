// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bench;

import java.io.PrintStream;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs the benchmarks of the model and prints what each does in a second on one thread: requests
 * through the units, pairs of unmapping and mapping by how full it is.
 */
public final class ModelTable {
  private static final List<Class<?>> BENCHMARKS =
      List.of(
          VtdRequestBenchmark.class,
          CalgaryBenchmark.class,
          GartBenchmark.class,
          NextFitBenchmark.class,
          IovaBenchmark.class,
          MappingBenchmark.class);

  private ModelTable() {}

  /** Takes no arguments; the table goes to the standard output, in Markdown. */
  public static void main(String[] arguments) throws RunnerException {
    PrintStream out = System.out;
    out.println("| benchmark | of | with | per second | lowest to highest |");
    out.println("|---|---|---|---|---|");
    for (Class<?> benchmark : BENCHMARKS) {
      run(benchmark).forEach(result -> print(out, result));
    }
  }

  private static Collection<RunResult> run(Class<?> benchmark) throws RunnerException {
    return new Runner(
            new OptionsBuilder()
                .include(benchmark.getName())
                .jvmArgsAppend("-Xmx2g")
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build())
        .run();
  }

  private static void print(PrintStream out, RunResult result) {
    BenchmarkParams params = result.getParams();
    String name = params.getBenchmark().replaceFirst("^.*\\.(\\w+)\\.(\\w+)$", "$1 | $2");
    StringBuilder with = new StringBuilder();
    params.getParamsKeys().forEach(k -> with.append(k + ' ' + params.getParam(k) + ' '));
    double first = perSecond(params, result.getPrimaryResult().getStatistics().getMin());
    double last = perSecond(params, result.getPrimaryResult().getStatistics().getMax());
    int middle = 50;
    out.printf(
        "| %s | %s| %,.0f | %,.0f to %,.0f |%n",
        name,
        with,
        perSecond(params, result.getPrimaryResult().getStatistics().getPercentile(middle)),
        Math.min(first, last),
        Math.max(first, last));
  }

  /** Some benchmarks tell how often a second, some how long one takes. */
  private static double perSecond(BenchmarkParams params, double score) {
    double unitsInSecond = params.getTimeUnit().convert(1, TimeUnit.SECONDS);
    return params.getMode() == Mode.Throughput ? score * unitsInSecond : unitsInSecond / score;
  }
}
