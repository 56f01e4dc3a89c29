// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AlignmentTest {

  @ParameterizedTest
  @CsvSource({
    "0x0,0x1000,0x0,0x0",
    "0x1,0x1000,0x0,0x1000",
    "0xfff,0x1000,0x0,0x1000",
    "0x1000,0x1000,0x1000,0x1000",
    "0x1001,0x1000,0x1000,0x2000",
    "0x7,0x1,0x7,0x7",
    "0x8000000000000001,0x1000,0x8000000000000000,0x8000000000001000",
    "0xffffffffffffffff,0x8000000000000000,0x8000000000000000,0x0",
    "0xfffffffffffff001,0x1000,0xfffffffffffff000,0x0"
  })
  void addressesAreRoundedUnsigned(String address, String to, String down, String up) {
    long bytes = Hex.parse(to);
    assertEquals(Hex.parse(down), Alignment.down(Hex.parse(address), bytes));
    assertEquals(Hex.parse(up), Alignment.up(Hex.parse(address), bytes));
    assertEquals(address.equals(down), Alignment.isAligned(Hex.parse(address), bytes));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 3, 4097, -1, -4096})
  void onlyPowersOfTwoAreSizes(long bytes) {
    assertThrows(IllegalArgumentException.class, () -> Alignment.down(0, bytes));
    assertThrows(IllegalArgumentException.class, () -> Alignment.up(0, bytes));
    assertThrows(IllegalArgumentException.class, () -> Alignment.isAligned(0, bytes));
  }

  @Test
  void wrongSizeIsNamed() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Alignment.down(0, 3));
    assertEquals("not a power of two: 0x3", e.getMessage());
  }
}
