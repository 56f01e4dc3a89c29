// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.crashlane.bits.Hex;
import org.crashlane.interrupt.DeliveryMode;
import org.crashlane.interrupt.InterruptTarget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Entries of both sizes as numbers, worked out by hand from the structures in Linux 6.0. */
final class InterruptEntryTest {

  private static InterruptTarget random(SplittableRandom random, boolean extended) {
    return new InterruptTarget(
        random.nextLong(1L << (extended ? 32 : 8)),
        random.nextBoolean(),
        random.nextInt(256),
        DeliveryMode.of(random.nextInt(8)),
        extended);
  }

  @Test
  void smallEntriesAreAsLinuxHasThem() {
    InterruptTarget target = new InterruptTarget(3, true, 0x31, DeliveryMode.LOWEST_PRIORITY);
    assertEquals(0x31_0345L, InterruptEntry.of(target));
    assertEquals(target, InterruptEntry.target(0x31_0345L));
  }

  @Test
  void wideEntriesAreAsLinuxHasThem() {
    InterruptTarget target = new InterruptTarget(0x1234_5678L, false, 0x31, DeliveryMode.FIXED);
    assertEquals(0x3456_7801L, WideInterruptEntry.low(target));
    assertEquals(0x1200_0000_0000_0031L, WideInterruptEntry.high(target));
  }

  @Test
  void targetsSurviveARoundTrip() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 10_000; i++) {
      InterruptTarget small = random(random, false);
      assertEquals(small, InterruptEntry.target(InterruptEntry.of(small)));
      assertEquals(small, wide(small, false));
      InterruptTarget large = random(random, true);
      assertEquals(large, wide(large, true));
    }
  }

  private static InterruptTarget wide(InterruptTarget target, boolean x2apic) {
    return WideInterruptEntry.target(
        WideInterruptEntry.low(target), WideInterruptEntry.high(target), x2apic);
  }

  @Test
  void withoutX2apicOnlyEightBitsOfTheDestinationCount() {
    InterruptTarget target = new InterruptTarget(0x1234_5678L, false, 0x31, DeliveryMode.FIXED);
    assertEquals(0x78, wide(target, false).destination());
  }

  /** As Linux 6.0 writes them: IV, IntTabLen 9, a table, IntCtl 2. */
  @ParameterizedTest
  @CsvSource({
    "0x2000000012345013, 512, true",
    "0x2000000012345011, 256, true",
    "0x2000000012345001, 1, true",
    "0x2000000012345017, 2048, true",
    "0x2000000012345019, 0, false",
    "0x2000000012345012, 512, false",
    "0x1000000012345013, 512, false",
    "0x12345013, 512, false",
  })
  void theControlWordTellsWhetherATableIsUsedAndHowLongItIs(
      String word, int entryCount, boolean remaps) {
    assertEquals(entryCount, InterruptControl.entryCount(Hex.parse(word)));
    assertEquals(remaps, InterruptControl.remaps(Hex.parse(word)));
  }

  @Test
  void eachKindOfInterruptHasItsOwnBitToPass() {
    long all = -1L;
    assertTrue(InterruptControl.passes(all, DeliveryMode.NMI));
    assertFalse(InterruptControl.passes(all & ~(1L << 58), DeliveryMode.NMI));
    assertFalse(InterruptControl.passes(all & ~(1L << 57), DeliveryMode.EXT_INT));
    assertFalse(InterruptControl.passes(all & ~(1L << 56), DeliveryMode.INIT));
    assertTrue(InterruptControl.passes(0, DeliveryMode.SMI));
    assertFalse(InterruptControl.passes(all, DeliveryMode.RESERVED_3));
  }
}
