// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.crashlane.bits.Hex;
import org.crashlane.memory.SparseMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Entries as words and as bytes. */
class GpteTest {

  @ParameterizedTest(name = "page {0} is entry {1}")
  @CsvSource({
    "0x0, 0x00000003",
    "0x3f000000, 0x3f000003",
    "0x100000000, 0x00000013",
    "0x1234567000, 0x34567123",
    "0xfffffff000, 0xfffffff3"
  })
  void entryKeepsFortyBitsOfTheAddress(String page, String entry) {
    assertEquals(Hex.parse(entry), Gpte.encode(Hex.parse(page)));
    assertEquals(Hex.parse(page), Gpte.physicalAddress(Hex.parse(entry)));
  }

  @Test
  void entryIsLittleEndianInMemory() {
    SparseMemory memory = SparseMemory.ofSize(0x1000);
    new Aperture(0, 0).tableAt(0).write(memory, 0, Gpte.encode(0x12_3456_7000L));
    new Aperture(0, 0).tableAt(0).write(memory, 3, Gpte.encode(0x1_0000_0000L));
    byte[] bytes = new byte[16];
    memory.read(0, bytes, 0, bytes.length);
    assertArrayEquals(
        new byte[] {0x23, 0x71, 0x56, 0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0x13, 0, 0, 0}, bytes);
  }

  @Test
  void legalEntriesComeBackFromTheirParts() {
    long seed = 1;
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 100_000; i++) {
      long raw = (random.nextLong() & 0xffff_fff3L) | 1;
      long again = Gpte.encode(Gpte.physicalAddress(raw), Gpte.isCoherent(raw));
      assertEquals(raw, again, () -> "seed " + seed + ", entry " + Hex.of(raw));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0x1, 0x800, 0xfff, 0x100_0000_0000L, -0x1000, Long.MIN_VALUE})
  void whatIsNoPageBelowFortyBitsIsACallersMistake(long address) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Gpte.encode(address));
    assertTrue(e.getMessage().contains(Hex.of(address)), e.getMessage());
  }

  @Test
  void highestAddressIsTheLastOfTheHighestPage() {
    assertEquals(0xff_ffff_ffffL, Gpte.HIGHEST_ADDRESS);
  }

  @Test
  void validAndCoherentAreBitsOfTheirOwn() {
    assertEquals(0x3f000001L, Gpte.encode(0x3f00_0000L, false));
    assertTrue(Gpte.isValid(0x1));
    assertFalse(Gpte.isValid(0xffff_fffeL));
    assertTrue(Gpte.isCoherent(0x2));
    assertFalse(Gpte.isCoherent(0xffff_fffdL));
    assertFalse(Gpte.isValid(Gpte.ABSENT));
  }

  @Test
  void wholeWordIsCoveredByItsFields() {
    assertEquals(0xffff_ffffL, Gpte.LAYOUT.mask());
  }
}
