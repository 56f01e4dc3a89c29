// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SizesTest {

  @ParameterizedTest
  @CsvSource({
    "1, 1 B",
    "1023, 1023 B",
    "1024, 1 KiB",
    "1025, 1025 B",
    "4096, 4 KiB",
    "268435456, 256 MiB",
    "68719476736, 64 GiB",
    "-9223372036854775808, 8 EiB",
    "-1, 18446744073709551615 B",
    "0, 16 EiB"
  })
  void sizeIsExactInTheLargestUnit(long bytes, String text) {
    assertEquals(text, Sizes.binary(bytes));
  }
}
