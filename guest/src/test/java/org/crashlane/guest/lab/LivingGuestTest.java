// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.crashlane.arming.ArmResult;
import org.crashlane.guest.lab.judge.DumpJudge;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.guest.lab.parts.MoreModules;
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
import org.junit.jupiter.api.io.TempDir;

/**
 * Guests that live on, armed from inside and watched from outside at once: disks come and go, every
 * transfer maps and unmaps, the capture kernel is loaded anew. No harm may come to them, the watch
 * must not take them for dead, and when they die at last there is a dump.
 */
@Tag("lab")
class LivingGuestTest {
  private static final Duration TEN_MINUTES = Duration.ofMinutes(10);
  private static final Duration DISK_PAUSE = Duration.ofSeconds(3);
  private static final Duration CARD_PAUSE = Duration.ofSeconds(10);
  private static final Duration DELETE_LIMIT = Duration.ofSeconds(60);

  /** What a kernel says that has come to harm. */
  private static final List<String> HARM =
      List.of("BUG:", "Oops", "WARNING:", "Bad page state", "general protection fault");

  private static final List<String> DISKS =
      List.of(
          "-device",
          "pcie-root-port,id=disks,chassis=1",
          "-blockdev",
          "driver=null-co,node-name=plug,size=67108864,read-zeroes=on");

  private static final List<String> CARDS =
      List.of("-device", "pcie-root-port,id=cards,chassis=2", "-netdev", "user,id=net");

  private static final String USING_CARDS =
      """
      (while sleep 1; do
        for card in /sys/class/net/eth*; do
          [ -e "$card" ] || continue
          name=$(basename "$card")
          busybox ip addr add 10.0.2.15/24 dev "$name"
          busybox ip link set "$name" up
          sleep 1
          busybox ping -c 3 -s 1400 10.0.2.2 && say card "$name"
          busybox ip link set "$name" down
        done > /tmp/cards.log 2>&1
        grep '^@crashlane' /tmp/cards.log
      done) &
      """;

  @TempDir private Path directory;
  private boolean cards;
  private int plugCount;
  private List<String> console = List.of();
  private final List<String> seen = new ArrayList<>();

  @Test
  void armedAndWatchedAGuestLivesOnUnharmed() throws IOException {
    liveThenDie(defaults(MappingMode.VTD), Duration.ofSeconds(10));
  }

  @Test
  @Tag("long")
  void armedAndWatchedAGuestLivesOnForTenMinutesBehindVtd() throws IOException {
    liveThenDie(withCards(MappingMode.VTD), TEN_MINUTES);
    assertCardsWereUsed();
  }

  @Test
  @Tag("long")
  void armedAndWatchedAGuestLivesOnForTenMinutesBehindAmdvi() throws IOException {
    liveThenDie(withCards(MappingMode.AMDVI), TEN_MINUTES);
    assertCardsWereUsed();
  }

  private static GuestConfig defaults(MappingMode mode) {
    return GuestConfig.defaults().withMapping(mode).withMore(moreOf(DISKS));
  }

  /** Network cards come and go as well, and are brought up, used, and taken down in between. */
  private GuestConfig withCards(MappingMode mode) throws IOException {
    GuestConfig config =
        defaults(mode)
            .withKernels(kernels -> kernels.withPrimary(KernelFlavour.FULL))
            .withMore(moreOf(Stream.concat(DISKS.stream(), CARDS.stream()).toList()));
    Scenario scenario = scenario(mode);
    LabParts parts = TestParts.orSkip(config.flavours(List.of(scenario.strategy())));
    List<Path> modules = MoreModules.orSkip(parts.kernel(KernelFlavour.FULL), "e1000e");
    cards = true;
    return config.withMore(
        moreOf(FittedInitrd.options(directory, parts, config, scenario, modules, USING_CARDS)));
  }

  private static GuestConfig.MoreOptions moreOf(List<String> qemu) {
    return new GuestConfig.MoreOptions(List.of(), List.of(), List.of(), qemu);
  }

  private static Scenario scenario(MappingMode mode) {
    return Scenario.of(mode, Strategy.IDENTITY, HandKind.INSIDE);
  }

  private void assertCardsWereUsed() {
    long usedCount = console.stream().filter(line -> line.contains("@crashlane card ")).count();
    System.out.printf(
        "%d disks and cards came and went, cards were used %d times%n", plugCount, usedCount);
    assertTrue(usedCount > 0, "no card was used");
  }

  private void liveThenDie(GuestConfig config, Duration life) throws IOException {
    Scenario scenario = scenario(config.mapping());
    Watched watched = new Watched(life);
    try (LabRun run =
        LabRun.of(
            TestParts.orSkip(config.flavours(List.of(scenario.strategy()))), config, scenario)) {
      LabEvidence evidence = run.execute(watched, _ -> {});
      console = evidence.primaryConsole();
      assertEquals(Optional.empty(), harm(console), "the guest came to harm alive");
      assertTrue(plugCount > 0, "nothing came and went");
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
      plug(
          qmp,
          Map.of("driver", "nvme", "id", "plug", "drive", "plug", "serial", "p", "bus", "disks"));
      if (cards) {
        plug(qmp, Map.of("driver", "e1000e", "id", "plug", "netdev", "net", "bus", "cards"));
      }
    }

    private void plug(QmpClient qmp, Map<String, String> device) throws IOException {
      qmp.execute("device_add", device);
      pause(cards ? CARD_PAUSE : DISK_PAUSE);
      qmp.execute("device_del", Map.of("id", "plug"));
      while (!qmp.awaitEvent("DEVICE_DELETED", DELETE_LIMIT)
          .data()
          .path("device")
          .asString("")
          .equals("plug")) {
        // What belongs to it goes first.
      }
      plugCount++;
    }

    private void pause(Duration time) throws IOException {
      try {
        Thread.sleep(time);
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
