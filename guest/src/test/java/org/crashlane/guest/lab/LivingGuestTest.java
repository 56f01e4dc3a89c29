// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.crashlane.arming.ArmResult;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.LabKernel;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.guest.lab.parts.MoreModules;
import org.crashlane.guest.live.GuestLife;
import org.crashlane.guest.live.OutsideHand;
import org.crashlane.guest.live.WhenCrashed;
import org.crashlane.guest.live.WhenCrashed.Outcome;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Severity;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Guests that live on, armed from inside and watched from outside at once: disks come and go, every
 * transfer maps and unmaps, the capture kernel is loaded anew. No harm may come to them, the watch
 * must not take them for dead nor stop them, and when they die at last there is a dump. That harm
 * would be seen, a guest shows that was armed from outside and is let live.
 */
@Tag("lab")
class LivingGuestTest {
  private static final Duration TEN_SECONDS = Duration.ofSeconds(10);
  private static final Duration TEN_MINUTES = Duration.ofMinutes(10);
  private static final Duration DISK_PAUSE = Duration.ofSeconds(3);
  private static final Duration CARD_PAUSE = Duration.ofSeconds(10);
  private static final Duration HARM_PAUSE = Duration.ofSeconds(30);
  private static final Duration DELETE_LIMIT = Duration.ofSeconds(60);
  private static final Duration CRASH_LIMIT = Duration.ofMinutes(2);

  private static final List<String> DISKS =
      List.of(
          "-device",
          "pcie-root-port,id=disks,chassis=1",
          "-blockdev",
          "driver=null-co,node-name=plug,size=67108864,read-zeroes=on");

  private static final List<String> CARDS =
      List.of("-device", "pcie-root-port,id=cards,chassis=2", "-netdev", "user,id=net");

  private static final Map<String, String> DISK =
      Map.of("driver", "nvme", "id", "plug", "drive", "plug", "serial", "p", "bus", "disks");

  private static final Map<String, String> CARD =
      Map.of("driver", "e1000e", "id", "plug", "netdev", "net", "bus", "cards");

  /**
   * Says that the guest lives and what its disk has done, and what its log says of harm: the
   * console leaves out warnings.
   */
  private static final String LIVING =
      """
      (round=0
      while sleep 2; do
        [ -e "/sys/block/${DISK#/dev/}/stat" ] || continue
        dmesg | grep -E 'BUG:|Oops|WARNING:|Bad page|protection fault|DMAR: .DMA' |
          head -n 1 | while read -r line; do say harm "$line"; done
        read -r reads _ _ _ writes _ < "/sys/block/${DISK#/dev/}/stat"
        round=$((round + 1))
        say alive "$round $reads $writes"
      done) &
      """;

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
  private int plugCount;
  private List<String> console = List.of();

  /** What a guest says of its life, once every two seconds. */
  private record Life(long round, long reads, long writes) {
    static List<Life> of(List<String> console) {
      return new Transcript(console)
          .values("alive").stream()
              .map(value -> value.split(" ", -1))
              .map(w -> new Life(Long.parseLong(w[0]), Long.parseLong(w[1]), Long.parseLong(w[2])))
              .toList();
    }
  }

  @Test
  void armedAndWatchedAGuestLivesOnUnharmed() throws IOException {
    Watched watched = new Watched(TEN_SECONDS, false);
    liveThenDie(MappingMode.VTD, watched);
    Outcome.Ready ready = assertInstanceOf(Outcome.Ready.class, watched.outcome.join());
    assertInstanceOf(
        ArmResult.Unneeded.class,
        ready.result(),
        "what the inside hand has armed needs nothing more");
  }

  /**
   * Network cards come and go as well, and are brought up, used, and taken down in between. The
   * last one stays: the inside hand does not know it, so that there is something to arm.
   */
  @ParameterizedTest
  @Tag("long")
  @EnumSource(names = {"VTD", "AMDVI"})
  void armedAndWatchedAGuestWithCardsLivesOnForTenMinutes(MappingMode mode) throws IOException {
    Watched watched = new Watched(TEN_MINUTES, true);
    liveThenDie(mode, watched);
    Outcome.Ready ready = assertInstanceOf(Outcome.Ready.class, watched.outcome.join());
    assertInstanceOf(ArmResult.Armed.class, ready.result());
    assertNotEquals(0, cardCount(), "no card was used");
  }

  @Test
  @Tag("long")
  void theHarmOfAnArmingFromOutsideWouldBeSeen() throws IOException {
    Scenario scenario = Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.OUTSIDE);
    GuestConfig config = config(MappingMode.VTD, false);
    LabParts parts = TestParts.orSkip(config.kernels(List.of(scenario.strategy())));
    try (LabRun run = LabRun.of(parts, fitted(parts, config, scenario, false), scenario)) {
      LabEvidence evidence = run.execute(LivingGuestTest::armedFromOutside, _ -> {});
      assertNotEquals(List.of(), harm(evidence.primaryConsole()));
    }
  }

  /** Its kernel comes upon pages that it does not know when a disk goes. */
  private static void armedFromOutside(RunningGuest guest) throws IOException {
    QmpClient qmp = guest.live().qmp();
    qmp.cont();
    qmp.execute("device_add", DISK);
    pause(DISK_PAUSE.multipliedBy(2));
    qmp.stop();
    Path journals = guest.scratch().resolve("journals");
    try (OutsideHand hand = OutsideHand.on(guest.live(), journals, GuestLife.DOOMED)) {
      assertInstanceOf(
          ArmResult.Armed.class,
          hand.arm(guest.facts().crashRanges(), Set.of(), Optional.of(guest.arena()), List.of()));
    }
    qmp.cont();
    qmp.execute("device_del", Map.of("id", "plug"));
    pause(HARM_PAUSE);
    qmp.stop();
  }

  private static GuestConfig config(MappingMode mode, boolean cards) {
    GuestConfig config = GuestConfig.defaults().withMapping(mode);
    return cards ? config.withKernels(kernels -> kernels.withPrimary(KernelFlavour.FULL)) : config;
  }

  private GuestConfig fitted(LabParts parts, GuestConfig config, Scenario scenario, boolean cards)
      throws IOException {
    List<String> qemu =
        List.of(
            "-chardev",
            "socket,id=second,server=on,wait=off,path=" + socket(),
            "-mon",
            "chardev=second,mode=control");
    List<Path> modules =
        cards
            ? MoreModules.orSkip(parts.kernel(LabKernel.ofHost(KernelFlavour.FULL)), "e1000e")
            : List.of();
    GuestConfig plugged =
        config.withMore(
            moreOf(
                Stream.of(qemu, DISKS, cards ? CARDS : List.<String>of())
                    .flatMap(List::stream)
                    .toList()));
    return config.withMore(
        moreOf(
            FittedInitrd.options(
                directory,
                parts,
                plugged,
                scenario,
                modules,
                cards ? LIVING + USING_CARDS : LIVING)));
  }

  private static GuestConfig.MoreOptions moreOf(List<String> qemu) {
    return new GuestConfig.MoreOptions(List.of(), List.of(), List.of(), qemu);
  }

  private Path socket() {
    return directory.resolve("qmp");
  }

  private long cardCount() {
    return new Transcript(console).values("card").size();
  }

  private void liveThenDie(MappingMode mode, Watched watched) throws IOException {
    Scenario scenario = Scenario.of(mode, Strategy.IDENTITY, HandKind.INSIDE);
    GuestConfig config = config(mode, watched.cards);
    LabParts parts = TestParts.orSkip(config.kernels(List.of(scenario.strategy())));
    try (LabRun run = LabRun.of(parts, fitted(parts, config, scenario, watched.cards), scenario)) {
      LabEvidence evidence = run.execute(watched, _ -> {});
      console = evidence.primaryConsole();
      assertEquals(List.of(), harm(console), "the guest came to harm alive");
      List<Life> lives = Life.of(console);
      Life last = lives.getLast();
      assertEquals(lives.size(), last.round(), "what it said of its life was lost");
      assertTrue(watched.roundsAtEnd > 0, "it said nothing");
      assertTrue(
          last.round() >= watched.roundsAtEnd, "it was not looked at until the end of its life");
      assertTrue(last.reads() > lives.getFirst().reads(), "the disk stood still");
      assertTrue(plugCount > 0, "nothing came and went");
      System.out.printf(
          "%s: %d rounds lived; %d disks and cards came and went, cards were used %d times; %,d reads"
              + " and %,d writes%n",
          mode.label(), last.round(), plugCount, cardCount(), last.reads(), last.writes());
      Outcome.Ready ready = assertInstanceOf(Outcome.Ready.class, watched.outcome.join());
      assertEquals(
          List.of(),
          ready.judged().verdict().findings().stream()
              .filter(finding -> finding.severity() == Severity.BROKEN)
              .toList());
      assertInstanceOf(Written.class, evidence.judged());
    }
  }

  /** What its log, and what its console says of harm. */
  private static List<String> harm(List<String> console) {
    return console.stream()
        .filter(line ->
            line.contains("@crashlane harm ")
                || Stream.of("BUG:", "Oops", "general protection").anyMatch(line::contains))
        .distinct()
        .toList();
  }

  private static void pause(Duration time) throws IOException {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
  }

  /** Lets the guest live for a while, watched all the time, and then die. */
  private final class Watched implements LabHook {
    private final Duration life;
    private final boolean cards;
    private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    private long roundsAtEnd;

    Watched(Duration life, boolean cards) {
      this.life = life;
      this.cards = cards;
    }

    @Override
    public void beforeCrash(RunningGuest guest) throws IOException {
      QmpClient qmp = guest.live().qmp();
      qmp.cont();
      watch();
      while (qmp.takeEvent("STOP").isPresent()) {
        // It stood before.
      }
      liveOn(guest);
      assertFalse(outcome.isDone(), "a living guest was taken for dead");
      assertEquals(Optional.empty(), qmp.takeEvent("STOP"), "a living guest was stopped");
      qmp.stop();
    }

    private void watch() {
      CompletableFuture<Void> waiting = new CompletableFuture<>();
      Thread.ofVirtual()
          .start(() -> {
            Path journals = directory.resolve("journals");
            try (WhenCrashed watched =
                WhenCrashed.attach(
                    socket(),
                    journals,
                    what -> {
                      if (what.startsWith("waits for")) {
                        waiting.complete(null);
                      }
                    })) {
              outcome.complete(watched.await(List.of(), Set.of(), Duration.ofDays(1)));
            } catch (IOException e) {
              outcome.completeExceptionally(new UncheckedIOException(e));
              waiting.completeExceptionally(e);
            }
          });
      waiting.join();
    }

    void liveOn(RunningGuest guest) throws IOException {
      QmpClient qmp = guest.live().qmp();
      long end = System.nanoTime() + life.toNanos();
      while (System.nanoTime() < end && !outcome.isDone()) {
        guest.console().send("reload");
        plugAndUnplug(qmp);
      }
      if (cards) {
        plug(qmp, CARD);
      }
      roundsAtEnd = Life.of(guest.console().lines()).size();
    }

    private void plugAndUnplug(QmpClient qmp) throws IOException {
      plugAndUnplug(qmp, DISK);
      if (cards) {
        plugAndUnplug(qmp, CARD);
      }
    }

    private void plugAndUnplug(QmpClient qmp, Map<String, String> device) throws IOException {
      plug(qmp, device);
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

    private void plug(QmpClient qmp, Map<String, String> device) throws IOException {
      qmp.execute("device_add", device);
      pause(cards ? CARD_PAUSE : DISK_PAUSE);
    }

    @Override
    public void whileCrashing(RunningGuest guest) throws IOException {
      try {
        outcome.orTimeout(CRASH_LIMIT.toSeconds(), TimeUnit.SECONDS).join();
      } catch (CompletionException e) {
        throw new IOException("the watch came to no result", e);
      }
    }
  }
}
