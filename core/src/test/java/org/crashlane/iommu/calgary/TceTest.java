// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HexFormat;
import java.util.SplittableRandom;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Permissions;
import org.crashlane.memory.SparseMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TceTest {

  @ParameterizedTest(name = "{1} to {0}")
  @CsvSource({
    "0x1000000, READ_WRITE, 0000000001000003",
    "0x123456789000, READ_ONLY, 0000123456789001",
    "0x0, READ_WRITE, 0000000000000003",
    "0xfffffffff000, WRITE_ONLY, 0000fffffffff002",
    "0x1000, NONE, 0000000000001000"
  })
  void entryLiesInMemoryHighByteFirst(String address, Permissions permissions, String bytes) {
    SparseMemory memory = SparseMemory.ofSize(0x1000);
    long tce = Tce.of(Hex.parse(address), permissions);
    memory.writeLong(0, Tce.toMemory(tce));
    byte[] written = new byte[Tce.BYTES];
    memory.read(0, written, 0, Tce.BYTES);
    assertArrayEquals(HexFormat.of().parseHex(bytes), written);
    assertEquals(tce, Tce.fromMemory(memory.readLong(0)));
    assertEquals(Hex.parse(address), Tce.target(tce));
    assertEquals(permissions, Tce.permissions(tce));
  }

  @Test
  void decodedEntryIsEncodedAgain() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 10_000; i++) {
      long legal = random.nextLong() & (Tce.RPN.mask() | Tce.R.mask() | Tce.W.mask());
      assertEquals(legal, Tce.of(Tce.target(legal), Tce.permissions(legal)));
    }
  }

  @Test
  void unusedBitsDoNotMatter() {
    long ignored = Tce.HUB_ID.mask() | Tce.IGN_11_8.mask() | Tce.IGN_63_48.mask();
    long tce = Tce.of(0x7f00_0000L, Permissions.READ_ONLY) | ignored;
    assertEquals(0x7f00_0000L, Tce.target(tce));
    assertEquals(Permissions.READ_ONLY, Tce.permissions(tce));
    assertEquals(0xffff_0000_0000_0ffcL, ignored);
    assertEquals(-1L, Tce.LAYOUT.mask());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 0x800, 0x1_0000_0000_0000L, -1})
  void addressThatNoEntryHoldsIsACallersMistake(long address) {
    assertThrows(IllegalArgumentException.class, () -> Tce.of(address, Permissions.READ_WRITE));
  }

  @ParameterizedTest
  @CsvSource({"0x0, 0x0, 0x0", "0xfff, 0x0, 0xfff", "0x12345678, 0x12345, 0x678"})
  void addressIsAPageAndAPlaceInIt(String iova, String index, String offset) {
    assertEquals(Hex.parse(index), Tce.index(Hex.parse(iova)));
    assertEquals(Hex.parse(offset), Tce.pageOffset(Hex.parse(iova)));
  }
}
