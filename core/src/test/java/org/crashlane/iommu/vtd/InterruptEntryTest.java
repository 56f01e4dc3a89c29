// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.crashlane.bits.Hex;
import org.crashlane.interrupt.DeliveryMode;
import org.crashlane.interrupt.InterruptMessage;
import org.crashlane.interrupt.InterruptTarget;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Entries and remappable messages as numbers, worked out from the manual's tables by hand. */
final class InterruptEntryTest {
  private static final RequesterId DISK = RequesterId.parse("00:04.0");

  private static InterruptTarget fixed(long destination, int vector) {
    return new InterruptTarget(destination, false, vector, DeliveryMode.FIXED);
  }

  @Test
  void theDestinationIsShiftedWithoutExtendedMode() {
    assertEquals(0x0000_0300_0031_0001L, InterruptEntry.low(fixed(3, 0x31), false));
    assertEquals(0x0000_0003_0031_0001L, InterruptEntry.low(fixed(3, 0x31), true));
  }

  @Test
  void targetsSurviveARoundTrip() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 10_000; i++) {
      boolean extended = random.nextBoolean();
      long destination = random.nextLong(1L << (extended ? 32 : 8));
      InterruptTarget target =
          new InterruptTarget(
              destination,
              random.nextBoolean(),
              random.nextInt(256),
              DeliveryMode.of(random.nextInt(8)),
              extended);
      long low = InterruptEntry.low(target, extended);
      assertEquals(target, InterruptEntry.target(low, extended));
      long high = InterruptEntry.high(DISK);
      assertEquals(Optional.empty(), InterruptEntry.fault(low, high, DISK, extended));
    }
  }

  @ParameterizedTest
  @CsvSource({
    // low, high, extended, what is wrong
    "0x310001, 0x40020, false, ok",
    "0x310000, 0x40020, false, INTERRUPT_NOT_PRESENT",
    "0xffffffffffffffce, 0xffffffffffffffff, false, INTERRUPT_NOT_PRESENT",
    "0x311001, 0x40020, false, INTERRUPT_ENTRY_RESERVED",
    "0x1310001, 0x40020, false, INTERRUPT_ENTRY_RESERVED",
    "0x100310001, 0x40020, false, INTERRUPT_ENTRY_RESERVED",
    "0x100310001, 0x40020, true, ok",
    "0x310f01, 0x40020, false, ok",
    "0x310001, 0x140020, false, INTERRUPT_ENTRY_RESERVED",
    "0x310001, 0xc0020, false, INTERRUPT_ENTRY_RESERVED",
    "0x310001, 0x40028, false, INTERRUPT_SOURCE",
    // posted: bits 7:2, 13:12 and 37:24 are reserved, urgent is not
    "0x31c001, 0x40020, false, ok",
    "0x318005, 0x40020, false, INTERRUPT_ENTRY_RESERVED",
    "0x319001, 0x40020, false, INTERRUPT_ENTRY_RESERVED",
    "0x1318001, 0x40020, false, INTERRUPT_ENTRY_RESERVED",
    "0x318001, 0x140020, false, INTERRUPT_ENTRY_RESERVED",
    "0x318001, 0x100040020, false, ok",
  })
  void faultsAreFoundInTheManualsOrder(String low, String high, boolean extended, String reason) {
    Optional<FaultReason> fault =
        InterruptEntry.fault(Hex.parse(low), Hex.parse(high), DISK, extended);
    assertEquals(reason, fault.map(Enum::name).orElse("ok"));
  }

  @ParameterizedTest
  @CsvSource({
    // SVT and SQ in 19:16, SID in 15:0: the sender, whether it may
    "0x00000, ff:1f.7, true",
    "0x40020, 00:04.0, true",
    "0x40020, 00:04.4, false",
    "0x50020, 00:04.4, true",
    "0x50020, 00:04.1, false",
    "0x60020, 00:04.6, true",
    "0x60020, 00:04.1, false",
    "0x70020, 00:04.7, true",
    "0x70020, 00:05.0, false",
    "0x80305, 03:00.0, true",
    "0x80305, 05:1f.7, true",
    "0x80305, 06:00.0, false",
    "0x80305, 02:00.0, false",
  })
  void theSenderIsLookedAtAsTheEntrySays(String high, String source, boolean may) {
    assertEquals(may, InterruptEntry.isFor(RequesterId.parse(source), Hex.parse(high)));
  }

  @Test
  void aPostedEntryNamesItsDescriptorInTwoPieces() {
    long low = 0x2345_6780L >>> 6 << 38 | 0x31_8001L;
    assertTrue(InterruptEntry.isPosted(low));
    assertEquals(0x1_2345_6780L, InterruptEntry.descriptor(low, 0x1_0004_0020L));
  }

  @ParameterizedTest
  @CsvSource({
    // address, data, entry
    "0xfee00010, 0, 0",
    "0xfee00030, 0, 1",
    "0xfee00030, 7, 1",
    "0xfee00038, 7, 8",
    "0xfeeffff4, 0, 65535",
    "0xfeeffffc, 0xffff, 131070",
  })
  void aRemappableMessageNamesAnEntry(String address, String data, int index) {
    InterruptMessage message = new InterruptMessage(Long.decode(address), Integer.decode(data));
    assertTrue(RemappableMessage.isRemappable(message));
    assertEquals(OptionalInt.of(index), RemappableMessage.index(message));
  }

  @Test
  void aRemappableMessageWithHighDataNamesNone() {
    assertEquals(
        OptionalInt.empty(), RemappableMessage.index(new InterruptMessage(0xfee0_0010L, 1 << 16)));
    assertEquals(
        OptionalInt.empty(), RemappableMessage.index(new InterruptMessage(0xfee0_0010L, -1)));
  }

  @Test
  void everyIndexCanBeNamed() {
    for (int index = 0; index < 1 << 16; index++) {
      assertEquals(OptionalInt.of(index), RemappableMessage.index(RemappableMessage.naming(index)));
    }
    assertFalse(RemappableMessage.isRemappable(InterruptMessage.fixed(0xff, 0xff)));
  }
}
