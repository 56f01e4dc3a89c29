// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.crashlane.arming.ArmResult;
import org.crashlane.guest.lab.judge.DumpJudge;
import org.crashlane.guest.live.CrashWatch;
import org.crashlane.guest.live.CrashWatch.Crash;
import org.crashlane.guest.live.GuestLife;
import org.crashlane.guest.live.OutsideHand;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Guests that live on, armed from inside and watched from outside at once: disks come and go, every
 * transfer maps and unmaps, the capture kernel is loaded anew. No harm may come to them, the watch
 * must not take them for dead, and when they die at last there is a dump.
 */
@Tag("lab")
class LivingGuestTest {
  private static final Duration TEN_MINUTES = Duration.ofMinutes(10);
  private static final Duration DELETE_LIMIT = Duration.ofSeconds(60);

  /** What a kernel says that has come to harm. */
  private static final List<String> HARM =
      List.of("BUG:", "Oops", "WARNING:", "Bad page state", "general protection fault");

  private int plugCount;
  private final List<String> seen = new ArrayList<>();

  @Test
  void armedAndWatchedAGuestLivesOnUnharmed() throws IOException {
    liveThenDie(MappingMode.VTD, Duration.ofSeconds(10));
  }

  @Test
  @Tag("long")
  void armedAndWatchedAGuestLivesOnForTenMinutesBehindVtd() throws IOException {
    liveThenDie(MappingMode.VTD, TEN_MINUTES);
  }

  @Test
  @Tag("long")
  void armedAndWatchedAGuestLivesOnForTenMinutesBehindAmdvi() throws IOException {
    liveThenDie(MappingMode.AMDVI, TEN_MINUTES);
  }

  private void liveThenDie(MappingMode mode, Duration life) throws IOException {
    GuestConfig config =
        GuestConfig.defaults()
            .withMapping(mode)
            .withMore(
                new GuestConfig.MoreOptions(
                    List.of(),
                    List.of(),
                    List.of(),
                    List.of(
                        "-device",
                        "pcie-root-port,id=plug-in,chassis=1",
                        "-blockdev",
                        "driver=null-co,node-name=plug,size=67108864,read-zeroes=on")));
    Scenario scenario = Scenario.of(mode, Strategy.IDENTITY, HandKind.INSIDE);
    Watched watched = new Watched(life);
    try (LabRun run =
        LabRun.of(
            TestParts.orSkip(config.flavours(List.of(scenario.strategy()))), config, scenario)) {
      LabEvidence evidence = run.execute(watched, _ -> {});
      assertEquals(
          Optional.empty(), harm(evidence.primaryConsole()), "the guest came to harm alive");
      assertTrue(plugCount > 0, "no disk came and went");
      assertTrue(seen.stream().anyMatch(s -> s.contains("waits in")), seen.toString());
      assertEquals(evidence.facts().crashRanges(), watched.crash.orElseThrow().crashRanges());
      assertInstanceOf(
          Written.class,
          DumpJudge.judge(evidence.disk(), evidence.facts().release(), evidence.sample()));
    }
  }

  private static Optional<String> harm(List<String> console) {
    return console.stream()
        .filter(line -> !line.contains("sysrq"))
        .filter(line -> HARM.stream().anyMatch(line::contains))
        .findFirst();
  }

  /** Lets the guest live for a while, and then notices its death. */
  private final class Watched implements LabHook {
    private final Duration life;
    private Optional<CrashWatch> watch = Optional.empty();
    private Optional<Crash> crash = Optional.empty();

    Watched(Duration life) {
      this.life = life;
    }

    @Override
    public void beforeCrash(RunningGuest guest) throws IOException {
      watch = Optional.of(CrashWatch.of(guest.live(), List.of(), seen::add));
      guest.live().qmp().cont();
      CompletableFuture<Optional<Crash>> watching =
          CompletableFuture.supplyAsync(() -> {
            try {
              return watch.get().await(life);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      while (!watching.isDone()) {
        guest.console().send("reload");
        plugAndUnplug(guest.live().qmp());
      }
      assertEquals(Optional.empty(), watching.join(), "a living guest was taken for dead");
      guest.live().qmp().stop();
    }

    private void plugAndUnplug(QmpClient qmp) throws IOException {
      qmp.execute(
          "device_add",
          Map.of("driver", "nvme", "id", "plug", "drive", "plug", "serial", "p", "bus", "plug-in"));
      pause();
      qmp.execute("device_del", Map.of("id", "plug"));
      while (!qmp.awaitEvent("DEVICE_DELETED", DELETE_LIMIT)
          .data()
          .path("device")
          .asString("")
          .equals("plug")) {
        // Its namespace goes first.
      }
      plugCount++;
    }

    private void pause() throws IOException {
      try {
        Thread.sleep(Duration.ofSeconds(3));
      } catch (InterruptedException e) {
        throw new IOException("interrupted", e);
      }
    }

    @Override
    public void whileCrashing(RunningGuest guest) throws IOException {
      try (CrashWatch watching = watch.orElseThrow();
          OutsideHand hand =
              OutsideHand.on(guest.live(), guest.scratch().resolve("journals"), GuestLife.DEAD)) {
        crash = watching.await(Duration.ofMinutes(2));
        assertInstanceOf(
            ArmResult.Unneeded.class,
            hand.armDead(
                crash.orElseThrow().crashRanges(), Set.of(), watching.spareMemory(), List.of()),
            "what the inside hand has armed needs nothing more");
      }
    }
  }
}
