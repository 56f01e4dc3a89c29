// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.crashlane.arming.ArmResult;
import org.crashlane.guest.live.WhenCrashed;
import org.crashlane.guest.live.WhenCrashed.Outcome;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;
import org.crashlane.rehearsal.CaptureKernel.State;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Somebody's guest, with nothing prepared in it, crashes while it is watched by its own socket. */
@Tag("lab")
class WhenCrashedTest {
  private static final Duration LIMIT = Duration.ofMinutes(3);

  /** How the capture kernel is loaded: the header beside it is the kernel's or kexec-tools'. */
  enum KexecCall {
    KEXEC_FILE_LOAD,
    KEXEC_LOAD;

    private List<String> primaryOptions() {
      return this == KEXEC_LOAD ? List.of("crashlane.kexec_load") : List.of();
    }
  }

  @TempDir private Path directory;
  private CompletableFuture<Outcome> outcome = new CompletableFuture<>();
  private boolean lookTwice;
  private Optional<Outcome> second = Optional.empty();
  private KexecCall kexecCall = KexecCall.KEXEC_FILE_LOAD;
  private DumpOutcome dump = new DumpOutcome.Missing(Fact.CAPTURE_KERNEL_SILENT);
  private List<AddressRange> crashRanges = List.of();

  @ParameterizedTest
  @EnumSource
  void aGuestWithNothingPreparedIsArmedAndItsDumpIsWritten(KexecCall call) throws IOException {
    kexecCall = call;
    crash(Strategy.NONE);
    Outcome.Ready ready = assertInstanceOf(Outcome.Ready.class, outcome.join());
    ArmResult.Armed armed = assertInstanceOf(ArmResult.Armed.class, ready.result());
    assertEquals(Window.ofCrashRanges(crashRanges), armed.plan().windows());
    assertEquals(
        List.of(),
        ready.judged().verdict().findings().stream()
            .filter(f -> f.severity() == Severity.BROKEN)
            .toList());
    assertInstanceOf(Written.class, dump);
  }

  @Test
  @Tag("long")
  void aCaptureKernelThatTakesTheIommuOverIsToldApart() throws IOException {
    crash(Strategy.ADOPT);
    Outcome.Ready ready = assertInstanceOf(Outcome.Ready.class, outcome.join());
    assertTrue(
        ready.judged().verdict().findings().stream().anyMatch(f -> f.code() == FindingCode.C2),
        ready.judged().verdict().toString());
    assertEquals(State.TOOK_OVER, ready.judged().capture().state());
    assertInstanceOf(Written.class, dump);
  }

  @Test
  @Tag("long")
  void aSecondWatchFindsTheGuestArmedAndWritesNothing() throws IOException {
    lookTwice = true;
    crash(Strategy.NONE);
    assertInstanceOf(
        ArmResult.Armed.class, assertInstanceOf(Outcome.Ready.class, outcome.join()).result());
    Outcome.Ready again = assertInstanceOf(Outcome.Ready.class, second.orElseThrow());
    assertEquals(
        List.of(), assertInstanceOf(ArmResult.Unneeded.class, again.result()).plan().stores());
    assertInstanceOf(Written.class, dump);
  }

  /** The guest lives on in its capture kernel until both have looked. */
  private void lookAgain(Path socket) throws IOException {
    if (lookTwice) {
      outcome.join();
      try (WhenCrashed watched =
          WhenCrashed.attach(socket, directory.resolve("journals"), _ -> {})) {
        second = Optional.of(watched.await(List.of(), Set.of(), LIMIT));
      }
    }
  }

  private void crash(Strategy strategy) throws IOException {
    Path socket = directory.resolve("qmp");
    GuestConfig config =
        GuestConfig.defaults()
            .withMore(
                new GuestConfig.MoreOptions(
                    List.of(),
                    kexecCall.primaryOptions(),
                    List.of(),
                    List.of("-qmp", "unix:" + socket + ",server=on,wait=off")));
    try (LabRun run =
        LabRun.of(
            TestParts.orSkip(config.kernels(List.of(strategy))),
            config,
            Scenario.of(MappingMode.VTD, strategy))) {
      LabHook hook =
          new LabHook() {
            @Override
            public void beforeCrash(RunningGuest guest) throws IOException {
              watch(guest, socket);
            }

            @Override
            public void whileCrashing(RunningGuest guest) throws IOException {
              lookAgain(socket);
            }
          };
      LabEvidence evidence = run.execute(hook, _ -> {});
      crashRanges = evidence.facts().crashRanges();
      dump = evidence.judged();
    }
  }

  /** The guest crashes no sooner than the watch waits for it. */
  private void watch(RunningGuest guest, Path socket) throws IOException {
    guest.live().qmp().cont();
    CompletableFuture<Void> waiting = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try (WhenCrashed watched =
              WhenCrashed.attach(
                  socket,
                  directory.resolve("journals"),
                  what -> {
                    if (what.startsWith("waits for")) {
                      waiting.complete(null);
                    }
                  })) {
            outcome.complete(watched.await(List.of(), Set.of(), LIMIT));
          } catch (IOException e) {
            outcome.completeExceptionally(new UncheckedIOException(e));
            waiting.completeExceptionally(e);
          }
        });
    waiting.join();
    guest.live().qmp().stop();
  }
}
