// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
 * with and without the watch by turns. What is printed stands in docs/live.md.
 */
@Tag("lab")
@Tag("long")
class WatchCostTest {
  private static final Duration SPAN = Duration.ofSeconds(5);
  private static final int PAIRS = 8;

  /** Instead of the disk's load. */
  private static final String COUNTING =
      """
      start_load() {
        (while :; do
          i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); done
          say counted
        done) &
      }
      wait_for_load() { say load "reads 1 writes 1"; }
      """;

  @TempDir private Path directory;
  private long aloneCount;
  private long watchedCount;

  /** Enough is known: no crash is wanted. */
  private static final class Measured extends IOException {
    private static final long serialVersionUID = 1L;
  }

  @ParameterizedTest
  @EnumSource(names = {"VTD", "AMDVI"})
  void aLoopCountsAsFarWhetherItIsWatchedOrNot(MappingMode mode) throws IOException {
    GuestConfig config = GuestConfig.defaults().withMapping(mode);
    Scenario scenario = Scenario.of(mode, Strategy.NONE);
    LabParts parts = TestParts.orSkip(config.flavours(List.of(scenario.strategy())));
    List<String> qemu =
        FittedInitrd.options(directory, parts, config, scenario, List.of(), COUNTING);
    GuestConfig counting =
        config.withMore(new GuestConfig.MoreOptions(List.of(), List.of(), List.of(), qemu));
    try (LabRun run = LabRun.of(parts, counting, scenario)) {
      assertThrows(Measured.class, () -> run.execute(this::measure, _ -> {}));
    }
    System.out.printf(
        "%s: %,d rounds alone, %,d watched, in %d spans of %d s each: %+.2f %%%n",
        mode.label(),
        aloneCount,
        watchedCount,
        PAIRS,
        SPAN.toSeconds(),
        100.0 * (watchedCount - aloneCount) / aloneCount);
    assertTrue(aloneCount > 0 && watchedCount > 0, "the loop did not run");
  }

  private void measure(RunningGuest guest) throws IOException {
    try (CrashWatch watch = CrashWatch.of(guest.live(), List.of(), _ -> {})) {
      guest.live().qmp().cont();
      for (int pair = 0; pair < PAIRS; pair++) {
        long start = counted(guest);
        pause();
        long between = counted(guest);
        watch.await(SPAN);
        watchedCount += counted(guest) - between;
        aloneCount += between - start;
      }
    }
    throw new Measured();
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
