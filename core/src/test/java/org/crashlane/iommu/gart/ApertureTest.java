// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.crashlane.bits.Hex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sizes of apertures, and where they may lie. */
class ApertureTest {

  @ParameterizedTest(name = "order {0}: {1} MiB, {2} entries, {3} KiB of table")
  @CsvSource({
    "0, 32, 8192, 32",
    "1, 64, 16384, 64",
    "2, 128, 32768, 128",
    "3, 256, 65536, 256",
    "4, 512, 131072, 512",
    "5, 1024, 262144, 1024",
    "6, 2048, 524288, 2048"
  })
  void orderMakesTheSize(int order, long mebibytes, int entryCount, long tableKibibytes) {
    Aperture aperture = new Aperture(0x8000_0000L, order);
    assertEquals(mebibytes << 20, aperture.sizeBytes());
    assertEquals(entryCount, aperture.entryCount());
    assertEquals(tableKibibytes << 10, aperture.tableBytes());
    assertEquals(aperture.sizeBytes() / 1024, aperture.tableBytes());
    assertEquals(aperture, Aperture.ofSize(0x8000_0000L, mebibytes << 20));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 7})
  void otherOrdersAreACallersMistake(int order) {
    assertThrows(IllegalArgumentException.class, () -> new Aperture(0x8000_0000L, order));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 48 << 20, 16 << 20, 4L << 30})
  void otherSizesAreACallersMistake(long sizeBytes) {
    assertThrows(IllegalArgumentException.class, () -> Aperture.ofSize(0, sizeBytes));
  }

  @Test
  void addressesInsideHaveTheirEntry() {
    Aperture aperture = GartFixture.APERTURE;
    assertEquals(0, aperture.indexOf(0xc000_0fffL));
    assertEquals(1, aperture.indexOf(0xc000_1000L));
    assertEquals(16383, aperture.indexOf(0xc3ff_ffffL));
    assertEquals(0xc3ff_f000L, aperture.addressOf(16383));
    for (String outside : List.of("0xbfffffff", "0xc4000000", "0xffffffffffffffff", "0")) {
      assertFalse(aperture.contains(Hex.parse(outside)));
      assertThrows(
          IllegalArgumentException.class, () -> aperture.indexOf(Hex.parse(outside)), outside);
    }
  }
}
