// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.guest.live.CrashWatch;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Measures what a watch takes from a guest that lives: a loop that does nothing but count, in spans
 * with and without the watch by turns. Each turn has two without, before and behind, so that it is
 * seen how much spans differ by themselves. What is printed stands in docs/live.md.
 */
@Tag("lab")
@Tag("long")
class WatchCostTest {
  private static final Duration SPAN = Duration.ofSeconds(3);
  private static final int TURNS = 12;

  /** Instead of the disk's load. */
  private static final String COUNTING =
      """
      start_load() {
        (while :; do
          i=0; while [ $i -lt 500 ]; do i=$((i + 1)); done
          say counted
        done) &
      }
      wait_for_load() { say load "reads 1 writes 1"; }
      """;

  @TempDir private Path directory;
  private final List<Turn> turns = new ArrayList<>();

  /** Rounds of the loop in a turn's three spans, for each second. */
  private record Turn(double before, double watched, double after) {
    double alone() {
      return (before + after) / 2;
    }

    /** {@return what the watch cost, as a share of what there is alone} */
    double cost() {
      return 1 - watched / alone();
    }

    /** {@return what there is no reason for} */
    double chance() {
      return 1 - after / before;
    }
  }

  /** Enough is known: no crash is wanted. */
  private static final class Measured extends IOException {
    private static final long serialVersionUID = 1L;
  }

  @ParameterizedTest
  @EnumSource(names = {"VTD", "AMDVI"})
  void whatAWatchCostsALoopIsMeasured(MappingMode mode) throws IOException {
    GuestConfig config = GuestConfig.defaults().withMapping(mode);
    Scenario scenario = Scenario.of(mode, Strategy.NONE);
    LabParts parts = TestParts.orSkip(config.kernels(List.of(scenario.strategy())));
    List<String> qemu =
        FittedInitrd.options(directory, parts, config, scenario, List.of(), COUNTING);
    GuestConfig counting =
        config.withMore(new GuestConfig.MoreOptions(List.of(), List.of(), List.of(), qemu));
    try (LabRun run = LabRun.of(parts, counting, scenario)) {
      assertThrows(Measured.class, () -> run.execute(this::measure, _ -> {}));
    }
    System.out.printf(
        "%s: %d turns of 3 spans of %d s: %.1f rounds a second alone, %.1f watched; the watch costs"
            + " %s; two spans alone differ by %s%n",
        mode.label(),
        TURNS,
        SPAN.toSeconds(),
        mean(Turn::alone),
        mean(Turn::watched),
        percent(Turn::cost),
        percent(Turn::chance));
    assertTrue(
        turns.stream().allMatch(turn -> turn.before > 0 && turn.watched > 0 && turn.after > 0),
        "the loop did not run");
  }

  private double mean(ToDoubleFunction<Turn> value) {
    return turns.stream().mapToDouble(value).average().orElseThrow();
  }

  /** {@return the mean and its standard error} */
  private String percent(ToDoubleFunction<Turn> value) {
    double mean = mean(value);
    double squares = mean(turn -> Math.pow(value.applyAsDouble(turn) - mean, 2));
    double error = Math.sqrt(squares / (turns.size() - 1));
    return "%.1f %% (standard error %.1f)".formatted(100 * mean, 100 * error);
  }

  private void measure(RunningGuest guest) throws IOException {
    try (CrashWatch watch = CrashWatch.of(guest.live(), List.of(), _ -> {})) {
      guest.live().qmp().cont();
      for (int turn = 0; turn < TURNS; turn++) {
        double before = rate(guest, WatchCostTest::pause);
        double watched = rate(guest, () -> watch.await(SPAN));
        turns.add(new Turn(before, watched, rate(guest, WatchCostTest::pause)));
      }
    }
    throw new Measured();
  }

  /** What a span is filled with. */
  @FunctionalInterface
  private interface Span {
    void run() throws IOException;
  }

  private static double rate(RunningGuest guest, Span span) throws IOException {
    long count = counted(guest);
    long start = System.nanoTime();
    span.run();
    double seconds = (System.nanoTime() - start) / 1e9;
    return (counted(guest) - count) / seconds;
  }

  private static long counted(RunningGuest guest) {
    return guest.console().lines().stream().filter(line -> line.contains("counted")).count();
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(SPAN);
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
  }
}
