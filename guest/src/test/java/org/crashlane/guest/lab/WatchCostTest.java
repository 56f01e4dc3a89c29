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
 * with and without the watch by turns; two without, so that it is seen how much they differ by
 * themselves. What is printed stands in docs/live.md.
 */
@Tag("lab")
@Tag("long")
class WatchCostTest {
  private static final Duration SPAN = Duration.ofSeconds(2);
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
  private long beforeCount;
  private long watchedCount;
  private long afterCount;

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
        "%s: rounds in %d spans of %d s each: alone %,d, watched %,d, alone again %,d%n",
        mode.label(), TURNS, SPAN.toSeconds(), beforeCount, watchedCount, afterCount);
    assertTrue(beforeCount > 0 && watchedCount > 0 && afterCount > 0, "the loop did not run");
  }

  private void measure(RunningGuest guest) throws IOException {
    try (CrashWatch watch = CrashWatch.of(guest.live(), List.of(), _ -> {})) {
      guest.live().qmp().cont();
      for (int turn = 0; turn < TURNS; turn++) {
        long start = counted(guest);
        pause();
        long alone = counted(guest);
        watch.await(SPAN);
        long watched = counted(guest);
        pause();
        beforeCount += alone - start;
        watchedCount += watched - alone;
        afterCount += counted(guest) - watched;
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
