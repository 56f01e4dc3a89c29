// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import org.crashlane.arming.ArmResult;
import org.crashlane.arming.Refusal;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.arming.Refused;
import org.crashlane.memory.AddressRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the outside hand refuses on QEMU's own IOMMU: no byte of the guest's memory changes. */
class RefusalQemuTest {
  private static final Optional<AddressRange> ARENA = Optional.of(TranslatingQemu.SMALL_ARENA);
  private static final AddressRange CRASH = TranslatingQemu.SMALL_CRASH;
  private static final int PAGE_BYTES = 4096;

  @TempDir private Path directory;

  /** What is done to the guest before the hand comes. */
  private interface Preparation {
    void prepare(TranslatingQemu qemu, LiveGuest guest) throws IOException;
  }

  @Test
  void anIommuThatCachesAbsentEntries() throws Exception {
    requireRefused(
        Kind.CACHES_ABSENT, ",caching-mode=on", RefusalQemuTest::translate, CRASH, ARENA);
  }

  @Test
  void anIovaOfTheCrashRangeThatIsMappedElsewhere() throws Exception {
    requireRefused(
        Kind.CONFLICT,
        "",
        (qemu, guest) -> {
          translate(qemu, guest);
          qemu.map(guest.memory(), CRASH.first() + 8 * PAGE_BYTES, 0x12345000);
        },
        CRASH,
        ARENA);
  }

  @Test
  void aCrashRangeOverTheInterruptWindow() throws Exception {
    requireRefused(
        Kind.INTERRUPT_WINDOW,
        "",
        RefusalQemuTest::translate,
        AddressRange.parse("0xfe000000-0xfeffffff"),
        ARENA);
  }

  @Test
  void anArenaThatIsInUse() throws Exception {
    requireRefused(
        Kind.ARENA_MISPLACED,
        "",
        (qemu, guest) -> {
          translate(qemu, guest);
          guest.memory().writeLong(TranslatingQemu.SMALL_ARENA.first() + PAGE_BYTES, 0x4889e5);
        },
        CRASH,
        ARENA);
  }

  @Test
  void aCrashRangeThatIsTooSmallOrWhereNoneIs() throws Exception {
    AddressRange onePage = AddressRange.ofSize(CRASH.first(), PAGE_BYTES);
    requireRefused(Kind.CRASH_RANGE, "", RefusalQemuTest::translate, onePage, ARENA);
    AddressRange low = AddressRange.parse("0x90000-0x10bffff");
    requireRefused(Kind.CRASH_RANGE, "", RefusalQemuTest::translate, low, ARENA);
  }

  @Test
  void anArenaThatIsMissing() throws Exception {
    requireRefused(Kind.ARENA_TOO_SMALL, "", RefusalQemuTest::translate, CRASH, Optional.empty());
  }

  @Test
  void anArenaOfTooFewPages() throws Exception {
    AddressRange onePage = AddressRange.ofSize(TranslatingQemu.SMALL_ARENA.first(), PAGE_BYTES);
    requireRefused(
        Kind.ARENA_TOO_SMALL, "", RefusalQemuTest::translate, CRASH, Optional.of(onePage));
  }

  @Test
  void aGuestWhoseSocketIsGone() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "");
        OutsideHand hand = hand(qemu)) {
      translate(qemu, hand.guest());
      qemu.kill();
      long before = checksum(qemu);
      IOException e =
          assertThrows(
              IOException.class, () -> hand.arm(List.of(CRASH), Set.of(), ARENA, List.of()));
      assertTrue(e.getMessage().startsWith(qemu.socket() + ": "), e.getMessage());
      assertEquals(before, checksum(qemu));
    }
  }

  private void requireRefused(
      Kind kind,
      String iommuOptions,
      Preparation preparation,
      AddressRange crash,
      Optional<AddressRange> arena)
      throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, iommuOptions);
        OutsideHand hand = hand(qemu)) {
      preparation.prepare(qemu, hand.guest());
      long before = checksum(qemu);
      ArmResult result = hand.arm(List.of(crash), Set.of(), arena, List.of());
      List<Refusal> reasons = assertInstanceOf(Refused.class, result).reasons();
      assertTrue(!reasons.isEmpty());
      reasons.forEach(reason -> assertEquals(kind, reason.kind(), reason::toString));
      assertEquals(before, checksum(qemu));
    }
  }

  private OutsideHand hand(TranslatingQemu qemu) throws IOException {
    return qemu.hand(GuestLife.DOOMED);
  }

  private static void translate(TranslatingQemu qemu, LiveGuest guest) throws IOException {
    qemu.translate(guest.memory());
  }

  /** A checksum of all of the guest's memory. */
  private static long checksum(TranslatingQemu qemu) throws IOException {
    CRC32C crc = new CRC32C();
    byte[] block = new byte[1 << 20];
    try (InputStream in = Files.newInputStream(qemu.memoryFile())) {
      for (int count = in.read(block); count >= 0; count = in.read(block)) {
        crc.update(block, 0, count);
      }
    }
    return crc.getValue();
  }
}
