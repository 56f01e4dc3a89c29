// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.crashlane.guest.qmp.QmpClient;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Watches on a guest that lives, ends, or says something. */
@Tag("qemu")
class CrashWatchQemuTest {
  private static final Duration SOON = Duration.ofSeconds(2);
  private static final Duration LONG = Duration.ofMinutes(2);

  /** What QEMU's ISA pvpanic is told with a capture kernel loaded (docs/specs/pvpanic.txt). */
  private static final int PVPANIC_PORT = 0x505;

  private static final int CRASH_LOADED = 2;

  @TempDir private Path directory;
  private final List<String> seen = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aWatchThatIsEndedLeavesTheGuestRunning(boolean killed) throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "")) {
      try (LiveGuest guest = LiveGuest.attach(qemu.socket())) {
        qemu.translate(guest.memory());
        guest.qmp().cont();
      }
      Process watch = StandingTool.startWatch(qemu.socket(), directory.resolve("journals"));
      if (killed) {
        watch.destroyForcibly();
      } else {
        watch.destroy();
      }
      watch.waitFor();
      try (QmpClient qmp = QmpClient.connect(qemu.socket())) {
        assertTrue(qmp.isRunning());
      }
    }
  }

  @Test
  void aGuestThatIsShutDownIsNoLongerWaitedFor() throws Exception {
    watch(
        List.of(),
        LONG,
        guest -> {
          execute(guest.guest, "set-action", Map.of("reboot", "shutdown", "shutdown", "pause"));
          execute(guest.guest, "system_reset", Map.of());
        },
        watch -> assertTrue(watch.isShutDown()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aGuestWhoseCrashIsOverIsToldFromOneThatHasNotCrashed(boolean hadCrashed) throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "");
        LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      qemu.translate(guest.memory());
      qemu.loadCaptureKernel(guest.memory(), TranslatingQemu.SMALL_CRASH);
      if (hadCrashed) {
        qemu.noteCrash(guest.memory());
      }
      guest.qmp().cont();
      try (CrashWatch watch = CrashWatch.of(guest, List.of(), seen::add)) {
        assertEquals(Optional.empty(), watch.await(Duration.ofMillis(100)));
        assertEquals(hadCrashed, watch.hasCrashedBefore());
        assertEquals(
            hadCrashed,
            seen.stream().anyMatch(what -> what.startsWith("the guest crashed before")),
            seen::toString);
      }
    }
  }

  @Test
  void aGuestThatIsOffIsNotWaitedFor() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "");
        LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      qemu.translate(guest.memory());
      guest.qmp().cont();
      execute(guest, "set-action", Map.of("reboot", "shutdown", "shutdown", "pause"));
      execute(guest, "system_reset", Map.of());
      guest.qmp().awaitEvent("SHUTDOWN", LONG);
      try (CrashWatch watch = CrashWatch.of(guest, List.of(), seen::add)) {
        assertEquals(Optional.empty(), watch.await(Duration.ofDays(1)));
        assertTrue(watch.isShutDown());
      }
    }
  }

  @Test
  void whatTheGuestSaysOfItsPanicIsASign() throws Exception {
    watch(
        List.of("-device", "pvpanic"),
        SOON,
        guest -> guest.qemu.write8Port(PVPANIC_PORT, CRASH_LOADED),
        watch -> assertTrue(!watch.isShutDown()));
    assertTrue(seen.contains("the guest says that it panics"), seen.toString());
  }

  @Test
  void aGuestThatIsResetLivesOn() throws Exception {
    watch(
        List.of(),
        SOON,
        guest -> execute(guest.guest, "system_reset", Map.of()),
        watch -> assertTrue(!watch.isShutDown()));
    assertTrue(
        seen.stream().anyMatch(what -> what.startsWith("the guest was reset")), seen::toString);
  }

  private record Watched(TranslatingQemu qemu, LiveGuest guest) {}

  @FunctionalInterface
  private interface Happening {
    void happens(Watched watched) throws IOException;
  }

  private void watch(
      List<String> options, Duration limit, Happening happening, Consumer<CrashWatch> after)
      throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "", options);
        LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      qemu.translate(guest.memory());
      guest.qmp().cont();
      try (CrashWatch watch = CrashWatch.of(guest, List.of(), seen::add)) {
        happening.happens(new Watched(qemu, guest));
        assertEquals(Optional.empty(), watch.await(limit));
        after.accept(watch);
      }
    }
  }

  private static void execute(LiveGuest guest, String command, Map<String, ?> arguments)
      throws IOException {
    guest.qmp().execute(command, arguments);
  }
}
