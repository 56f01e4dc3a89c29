// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BitFieldTest {

  @ParameterizedTest
  @CsvSource({
    "0,0,1,0x1",
    "63,63,1,0x8000000000000000",
    "63,0,64,0xffffffffffffffff",
    "62,0,63,0x7fffffffffffffff",
    "63,1,63,0xfffffffffffffffe",
    "51,12,40,0x000ffffffffff000",
    "31,31,1,0x80000000",
    "32,31,2,0x180000000"
  })
  void boundsGiveWidthAndMask(int high, int low, int width, String mask) {
    BitField field = BitField.bits("field", high, low);
    assertEquals(width, field.width());
    assertEquals(Hex.parse(mask), field.mask());
    assertEquals(high, field.high());
    assertEquals(low, field.low());
    assertEquals("field", field.name());
  }

  @ParameterizedTest
  @CsvSource({"-1,-1", "0,-1", "0,1", "64,0", "64,64"})
  void boundsOutsideTheWordAreRefused(int high, int low) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> BitField.bits("X", high, low));
    assertEquals("field X has bounds " + high + ":" + low, e.getMessage());
  }

  @Test
  void bitIsAFieldOfOne() {
    assertEquals(BitField.bits("P", 5, 5), BitField.bit("P", 5));
  }

  @Test
  void getMovesDownAndIsUnsigned() {
    assertEquals(0xff, BitField.bits("top", 63, 56).get(-1L));
    assertEquals(0x12, BitField.bits("middle", 15, 8).get(0x34_1256L));
    assertEquals(-1L, BitField.bits("whole", 63, 0).get(-1L));
  }

  @Test
  void inPlaceLeavesTheBitsWhereTheyAre() {
    assertEquals(0x1234_5000L, BitField.bits("address", 51, 12).inPlace(0xfff0_0000_1234_5fffL));
  }

  @Test
  void isSetSeesAnyBitOfTheFieldAndNoOther() {
    BitField field = BitField.bits("field", 11, 8);
    assertTrue(field.isSet(0x100));
    assertTrue(field.isSet(0x800));
    assertFalse(field.isSet(0x10ff));
    assertFalse(field.isSet(0));
  }

  @Test
  void withReplacesTheFieldAlone() {
    assertEquals(0xffff_f5ffL, BitField.bits("field", 11, 8).with(0xffff_ffffL, 5));
    assertEquals(0x0500L, BitField.bits("field", 11, 8).of(5));
  }

  @Test
  void wholeWordTakesEveryValue() {
    BitField whole = BitField.bits("whole", 63, 0);
    assertEquals(-1L, whole.with(0, -1L));
    assertEquals(Long.MIN_VALUE, whole.with(5, Long.MIN_VALUE));
  }

  @ParameterizedTest
  @ValueSource(longs = {16, -1, Long.MIN_VALUE})
  void valueTooLargeIsRefusedByName(long value) {
    BitField field = BitField.bits("AW", 3, 0);
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> field.with(0, value));
    assertEquals("value " + Hex.of(value) + " does not fit into AW (4 bits)", e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({"0,0x0", "1,0x1", "32,0xffffffff", "63,0x7fffffffffffffff", "64,0xffffffffffffffff"})
  void lowMaskCountsOnesFromBitZero(int count, String mask) {
    assertEquals(Hex.parse(mask), BitField.lowMask(count));
  }

  @Test
  void whatIsPutInComesOutAndNothingElseChanges() {
    long seed = 20;
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 2000; i++) {
      int low = random.nextInt(64);
      BitField field = BitField.bits("f", random.nextInt(low, 64), low);
      long word = random.nextLong();
      long value = random.nextLong() >>> (64 - field.width());
      long changed = field.with(word, value);
      String where = "seed " + seed + ", round " + i + ": " + field;
      assertEquals(value, field.get(changed), where);
      assertEquals(word & ~field.mask(), changed & ~field.mask(), where);
      assertEquals(word, field.with(changed, field.get(word)), where);
      assertEquals(value << low, field.inPlace(changed), where);
    }
  }
}
