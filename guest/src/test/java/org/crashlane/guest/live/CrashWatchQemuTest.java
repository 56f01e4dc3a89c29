// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.crashlane.arming.Journal;
import org.crashlane.arming.Target;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.guest.live.WhenCrashed.Outcome;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.memory.AddressRange;
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

  private static final long SMALL_BYTES = 512L << 20;

  @TempDir private Path directory;
  private final List<String> seen = new ArrayList<>();
  private final List<String> checksums = new ArrayList<>();

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
  void aGuestThatAKilledHandLeftStandingRunsOnWhileItIsWatched() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "")) {
      try (LiveGuest guest = LiveGuest.attach(qemu.socket())) {
        qemu.translate(guest.memory());
        guest.qmp().cont();
      }
      Path journals = directory.resolve("journals");
      StandingTool.start(qemu.socket(), journals).destroyForcibly().waitFor();
      assertInstanceOf(Outcome.Alive.class, await(qemu, journals));
      try (QmpClient qmp = QmpClient.connect(qemu.socket())) {
        assertTrue(qmp.isRunning());
      }
      assertEquals(List.of(), filesIn(journals), "nothing stays behind");
    }
  }

  @Test
  void thatNoJournalCanBeKeptIsSaidBeforeTheCrash() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "")) {
      Path noFolder = Files.createFile(directory.resolve("file"));
      assertThrows(IOException.class, () -> await(qemu, noFolder));
      Path journals = Files.createDirectory(directory.resolve("journals"));
      Path journal = Journal.fileFor(journals, Target.ofFile(qemu.memoryFile()));
      Files.writeString(journal, "somebody's words\n");
      assertThrows(MalformedInputException.class, () -> await(qemu, journals));
      assertEquals("somebody's words\n", Files.readString(journal));
      assertFalse(seen.stream().anyMatch(what -> what.startsWith("waits for")), seen.toString());
    }
  }

  @Test
  void aWatchChangesNoByteAndFillsNoHole() throws Exception {
    watch(
        List.of(),
        SOON,
        guest -> {
          // It stands: whatever changes from here on, the watch has done.
          guest.guest.qmp().stop();
          checksums.add(checksum(guest.qemu.memoryFile()));
        },
        _ -> {});
    checksums.add(checksum(directory.resolve("guest.ram")));
    assertEquals(checksums.getFirst(), checksums.getLast());
  }

  @Test
  void memoryThatIsPluggedInIsAttachedTo() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "", withSlots())) {
      plugInWhileWatched(qemu, "pc-dimm");
      assertTrue(
          seen.stream().anyMatch(what -> what.startsWith("the guest's memory has changed")),
          seen.toString());
    }
  }

  @Test
  void aNonVolatileModuleIsNoMemoryOfTheGuests() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "", withSlots())) {
      plugInWhileWatched(qemu, "nvdimm");
      assertFalse(
          seen.stream().anyMatch(what -> what.startsWith("the guest's memory has changed")),
          seen.toString());
      try (LiveGuest guest = LiveGuest.attach(qemu.socket())) {
        assertEquals(List.of(), beyondRam(guest));
      }
    }
  }

  @Test
  void memoryThatADeviceSharesWithOthersIsNoMemoryOfTheGuests() throws Exception {
    List<String> shared =
        List.of(
            "-object",
            "memory-backend-file,id=shm,share=on,size=16M,mem-path=" + directory.resolve("shm"),
            "-device",
            "ivshmem-plain,memdev=shm,addr=6");
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "", shared)) {
      try (QmpClient qmp = QmpClient.connect(qemu.socket())) {
        qmp.cont();
        long end = System.nanoTime() + LONG.toNanos();
        while (!qmp.hmp("info mtree -f").contains("ram): shm") && System.nanoTime() < end) {
          Thread.sleep(20);
        }
        assertTrue(qmp.hmp("info mtree -f").contains("ram): shm"), "the firmware did not map it");
      }
      try (LiveGuest guest = LiveGuest.attach(qemu.socket())) {
        assertEquals(List.of(), beyondRam(guest));
      }
    }
  }

  private static List<AddressRange> beyondRam(LiveGuest guest) {
    return guest.memory().ranges().stream().filter(r -> r.last() >= SMALL_BYTES).toList();
  }

  private List<String> withSlots() {
    return List.of(
        "-m",
        "slots=2,maxmem=1G",
        "-machine",
        "nvdimm=on",
        "-qmp",
        "unix:" + directory.resolve("second") + ",server=on,wait=off");
  }

  private void plugInWhileWatched(TranslatingQemu qemu, String driver) throws Exception {
    try (WhenCrashed watched =
        WhenCrashed.attach(
            qemu.socket(),
            directory.resolve("journals"),
            what -> {
              seen.add(what);
              if (what.startsWith("waits for") && seen.indexOf(what) == seen.size() - 1) {
                plugIn(driver);
              }
            })) {
      assertInstanceOf(Outcome.Alive.class, watched.await(List.of(), Set.of(), SOON));
    }
  }

  /** By a second control socket. No kernel runs that would answer: a reset has it looked at. */
  private void plugIn(String driver) {
    try (QmpClient qmp = QmpClient.connect(directory.resolve("second"))) {
      qmp.hmp(
          "object_add memory-backend-file,id=more,share=on,size=128M,mem-path="
              + directory.resolve("more"));
      qmp.hmp("device_add " + driver + ",id=dimm,memdev=more");
      assertTrue(qmp.hmp("info mtree -f").contains("ram): more"), "it was not plugged in");
      qmp.hmp("system_reset");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Outcome await(TranslatingQemu qemu, Path journals) throws IOException {
    try (WhenCrashed watched = WhenCrashed.attach(qemu.socket(), journals, seen::add)) {
      return watched.await(List.of(), Set.of(), SOON);
    }
  }

  private static List<Path> filesIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  /** Of a file's bytes, and how much of it is no hole. */
  private static String checksum(Path file) throws IOException {
    CRC32C crc = new CRC32C();
    crc.update(Files.readAllBytes(file));
    Process du = new ProcessBuilder("du", "-k", file.toString()).start();
    return crc.getValue() + " " + new String(du.getInputStream().readAllBytes(), US_ASCII);
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
