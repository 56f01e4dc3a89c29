// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HexTest {

  @Test
  void numbersAreUnsignedAndLowerCase() {
    assertEquals("0x0", Hex.of(0));
    assertEquals("0xfed90000", Hex.of(0xfed9_0000L));
    assertEquals("0xffffffffffffffff", Hex.of(-1));
  }

  @ParameterizedTest
  @CsvSource({
    "1,4,0x0001",
    "0xabcd,4,0xabcd",
    "0x12345,4,0x12345",
    "0,0,0x0",
    "5,16,0x0000000000000005"
  })
  void zerosFillButNeverCut(String value, int digits, String text) {
    assertEquals(text, Hex.of(Long.decode(value), digits));
  }

  @ParameterizedTest
  @CsvSource({"0x10,16", "10,16", "0X1f,31", "ffffffffffffffff,-1", "00000000000000000001,1"})
  void numbersAreReadWithAndWithoutPrefix(String text, long value) {
    assertEquals(value, Hex.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0x",
        "x1",
        "0x1g",
        "10000000000000000",
        "0x0x1",
        " 1",
        "-1",
        "0x-1",
        "+1",
        "0x+1"
      })
  void anythingElseIsRefusedByName(String text) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Hex.parse(text));
    assertEquals("not a hexadecimal number: '" + text + "'", e.getMessage());
  }

  @Test
  void whatIsPrintedIsRead() {
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 1000; i++) {
      long value = random.nextLong() >>> random.nextInt(64);
      assertEquals(value, Hex.parse(Hex.of(value)));
      assertEquals(value, Hex.parse(Hex.of(value, 16)));
    }
  }
}
