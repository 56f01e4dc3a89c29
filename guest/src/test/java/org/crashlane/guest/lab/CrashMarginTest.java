// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.crashlane.arming.ArmResult;
import org.crashlane.guest.live.CrashWatch;
import org.crashlane.guest.live.CrashWatch.Crash;
import org.crashlane.guest.live.GuestLife;
import org.crashlane.guest.live.OutsideHand;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Sighting.FaultsRecorded;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Measures how much time there is between noticing a crash and the capture kernel's first request:
 * nothing is armed in time for it, so that the IOMMU blocks it, and its trace shows when. What is
 * printed stands in docs/live.md.
 */
@Tag("lab")
@Tag("long")
class CrashMarginTest {
  private static final Duration WATCHED = Duration.ofSeconds(5);
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int ASKED = 50;

  /** A request of the capture kernel's that got nowhere, as QEMU's two IOMMUs trace it. */
  private static final Pattern BLOCKED =
      Pattern.compile("vtd_dmar_fault .*|amdvi_translation_result .* hpa (?:0x0|0)");

  @ParameterizedTest
  @CsvSource({"VTD, 1", "VTD, 2", "AMDVI, 1", "AMDVI, 2"})
  void theTimesOfNoticingArmingAndTheFirstRequestAreMeasured(MappingMode mode, int cpuCount)
      throws IOException {
    GuestConfig config =
        GuestConfig.defaults()
            .withMapping(mode)
            .with(TestHardware.of(cpuCount, DiskKind.NVME, false));
    Scenario scenario = Scenario.of(mode, Strategy.NONE);
    Stopwatch stopwatch = new Stopwatch();
    try (LabRun run =
        LabRun.of(
            TestParts.orSkip(config.kernels(List.of(scenario.strategy()))), config, scenario)) {
      run.execute(stopwatch, _ -> {});
    }
    System.out.printf("%s, %d processors: %s%n", mode.label(), cpuCount, stopwatch.words());
    assertTrue(stopwatch.requestNanos != 0, "no blocked request was seen");
    // QEMU 7.2's AMD IOMMU writes no event log.
    assertTrue(
        mode == MappingMode.AMDVI
            || stopwatch.lateSigns.stream().anyMatch(FaultsRecorded.class::isInstance),
        () -> "that it is too late by now is not said: " + stopwatch.lateSigns);
  }

  /** Notices the crash, waits for the first request, and only then measures how long arming is. */
  private static final class Stopwatch implements LabHook {
    private Optional<CrashWatch> watch = Optional.empty();
    private long askNanos;
    private long watchNanos;
    private long panicNanos;
    private long noticedNanos;
    private long armedNanos;
    private long requestNanos;
    private List<Evidence> lateSigns = List.of();

    @Override
    public void beforeCrash(RunningGuest guest) throws IOException {
      watch = Optional.of(CrashWatch.of(guest.live(), List.of(), _ -> {}));
      guest.live().qmp().cont();
      long start = System.nanoTime();
      for (int i = 0; i < ASKED; i++) {
        guest.live().qmp().hmp("info registers -a");
      }
      askNanos = (System.nanoTime() - start) / ASKED;
      long cpuNanos = cpuNanos();
      watch.get().await(WATCHED);
      watchNanos = (cpuNanos() - cpuNanos) / WATCHED.toSeconds();
      guest.live().qmp().stop();
    }

    @Override
    public void whileCrashing(RunningGuest guest) throws IOException {
      CompletableFuture<Long> panic = panic(guest.console());
      try (CrashWatch watching = watch.orElseThrow();
          OutsideHand hand =
              OutsideHand.on(guest.live(), guest.scratch().resolve("journals"), GuestLife.DEAD)) {
        Crash crash = watching.await(LIMIT).orElseThrow();
        noticedNanos = crash.noticedNanos();
        awaitRequest(guest);
        lateSigns = watching.blockedRequests();
        long start = System.nanoTime();
        ArmResult result =
            hand.armDead(crash.crashRanges(), Set.of(), watching.spareMemory(), List.of());
        armedNanos = noticedNanos + System.nanoTime() - start;
        assertTrue(result instanceof ArmResult.Armed, result.toString());
        panicNanos = panic.join();
      }
    }

    /** {@return when the guest will have said that it panics} */
    private static CompletableFuture<Long> panic(SerialConsole console) {
      return CompletableFuture.supplyAsync(
          () -> {
            try {
              console.await(Phase.CRASH, 0, Transcript::isPanic, LIMIT);
              return System.nanoTime();
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          },
          task -> Thread.ofVirtual().start(task));
    }

    /** {@return what this whole process has used of all processors} */
    private static long cpuNanos() {
      return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
    }

    private void awaitRequest(RunningGuest guest) throws IOException {
      long end = System.nanoTime() + LIMIT.toNanos();
      while (requestNanos == 0 && System.nanoTime() < end) {
        List<String> trace = Files.readAllLines(guest.scratch().resolve("trace.log"));
        IommuTrace after = IommuTrace.split(List.of(), trace);
        boolean blocked = after.after().stream().anyMatch(l -> BLOCKED.matcher(l).matches());
        if (blocked) {
          requestNanos = System.nanoTime();
        }
      }
    }

    String words() {
      return ("asking QEMU once %,d us; watching %,d us of a host processor each second; from the"
              + " panic: noticed %,d ms, armed %,d ms, first request %,d ms")
          .formatted(
              askNanos / 1000,
              watchNanos / 1000,
              (noticedNanos - panicNanos) / 1_000_000,
              (armedNanos - panicNanos) / 1_000_000,
              (requestNanos - panicNanos) / 1_000_000);
    }
  }
}
