// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.crashlane.arming.ArmResult;
import org.crashlane.guest.live.OutsideHand.Judgement;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A dry run leaves a guest of real QEMU's as it is, and says what arming then does. */
@Tag("qemu")
final class DryRunQemuTest {
  private static final List<AddressRange> CRASH = List.of(TranslatingQemu.SMALL_CRASH);

  @TempDir private Path directory;

  private TranslatingQemu booted() throws Exception {
    TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "");
    try (LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      qemu.translate(guest.memory());
      qemu.loadCaptureKernel(guest.memory(), CRASH.getFirst());
      qemu.installFirmware(guest.memory());
    }
    return qemu;
  }

  private DryRun.Result.Possible dryRun(LiveGuest guest, DryRun.Request request)
      throws IOException {
    return assertInstanceOf(
        DryRun.Result.Possible.class, DryRun.of(guest, directory.resolve("journals"), request));
  }

  /** As {@code --when-crashed} does: the crash range and memory for new pages are found. */
  private static DryRun.Request nothingGiven() {
    return new DryRun.Request(List.of(), Set.of(), Optional.empty(), List.of());
  }

  private static long checksum(PhysicalMemory memory) {
    CRC32C crc = new CRC32C();
    byte[] block = new byte[1 << 16];
    for (AddressRange range : memory.ranges()) {
      for (long at = range.first(); range.contains(at); at += block.length) {
        int length = (int) Math.min(block.length, range.last() - at + 1);
        memory.read(at, block, 0, length);
        crc.update(block, 0, length);
      }
    }
    return crc.getValue();
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(Path::toString).sorted().toList();
    }
  }

  private static List<FindingCode> codes(Judgement judged) {
    return judged.verdict().findings().stream().map(Finding::code).toList();
  }

  @Test
  void allOfTheGuestsMemoryIsAsItWas() throws Exception {
    try (TranslatingQemu qemu = booted();
        LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      long before = checksum(guest.memory());
      List<String> files = files();
      DryRun.Result.Possible done = dryRun(guest, nothingGiven());
      assertEquals(CRASH, done.armed().machine().crashRanges());
      assertFalse(done.plan().stores().isEmpty());
      assertEquals(Answer.BROKEN, done.now().verdict().answer());
      assertEquals(
          List.of(FindingCode.M3),
          done.armed().verdict().findings().stream()
              .filter(finding -> finding.severity() != Severity.NOTE)
              .map(Finding::code)
              .toList(),
          "no kernel runs in this guest, and nothing else is in the way");
      assertEquals(before, checksum(guest.memory()));
      assertEquals(files, files());
    }
  }

  @Test
  void aRunningGuestRunsOn() throws Exception {
    try (TranslatingQemu qemu = booted();
        LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      guest.qmp().cont();
      assertFalse(
          dryRun(guest, new DryRun.Request(CRASH, Set.of(), Optional.empty(), List.of()))
              .plan()
              .stores()
              .isEmpty());
      assertTrue(guest.qmp().isRunning());
      assertFalse(Files.exists(directory.resolve("journals")));
    }
  }

  @Test
  void armingDoesWhatTheDryRunSaid() throws Exception {
    try (TranslatingQemu qemu = booted();
        OutsideHand hand = qemu.hand(GuestLife.DOOMED)) {
      Optional<AddressRange> arena = Optional.of(TranslatingQemu.SMALL_ARENA);
      DryRun.Result.Possible said =
          dryRun(hand.guest(), new DryRun.Request(CRASH, Set.of(), arena, List.of()));
      ArmResult.Armed armed =
          assertInstanceOf(ArmResult.Armed.class, hand.arm(CRASH, Set.of(), arena, List.of()));
      assertEquals(armed.plan().stores(), said.plan().stores());
      assertEquals(codes(hand.judge(CRASH, Set.of(), false)), codes(said.armed()));
      DryRun.Result.Possible again =
          dryRun(hand.guest(), new DryRun.Request(CRASH, Set.of(), arena, List.of()));
      assertEquals(List.of(), again.plan().stores(), "it is armed already");
      assertTrue(hand.disarm().isComplete());
    }
  }
}
