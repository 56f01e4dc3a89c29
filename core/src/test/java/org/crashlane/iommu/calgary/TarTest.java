// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.SplittableRandom;
import org.crashlane.bits.Alignment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarTest {
  private static final int STEP_BYTES = 1 << 15;

  @Test
  void largestTableAt0x7f800000() {
    TceTable table = new TceTable(0x7f80_0000L, TableSize.MIB_8);
    assertEquals(0x7f80_0007L, Tar.of(table));
    assertEquals(0x0700_807f_0000_0000L, Long.reverseBytes(Tar.of(table)));
    assertEquals(table, Tar.table(0x7f80_0007L));
  }

  @Test
  void bitsThatAreNotSoftwaresAreKept() {
    TceTable table = new TceTable(0x1234_5600_0000L, TableSize.KIB_512);
    assertEquals(0xffff_1234_5600_7ff3L, Tar.with(-1L, table));
    assertEquals(table, Tar.table(Tar.with(-1L, table)));
    assertEquals(-1L, Tar.LAYOUT.mask());
  }

  @Test
  void registerIsReadBackAsWritten() {
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < 10_000; i++) {
      long address = Alignment.down(random.nextLong(1L << 48), STEP_BYTES);
      TceTable table = new TceTable(address, TableSize.ofSpec(random.nextInt(8)));
      assertEquals(table, Tar.table(Tar.with(random.nextLong(), table)));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 0x4000, 0x1_0000_0000_0000L})
  void tableThatNoRegisterHoldsIsACallersMistake(long address) {
    assertThrows(IllegalArgumentException.class, () -> new TceTable(address, TableSize.KIB_64));
  }
}
