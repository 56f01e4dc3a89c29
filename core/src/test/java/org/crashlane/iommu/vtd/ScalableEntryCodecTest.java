// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Scalable-mode and first-level entries as numbers, against numbers worked out by hand from the
 * manual's tables.
 */
final class ScalableEntryCodecTest {

  @ParameterizedTest
  @CsvSource({"0, 0", "0x7f, 0", "0x80, 1", "0xff, 1"})
  void rootEntryHasAWordForEachHalfOfTheBus(String devfn, int word) {
    assertEquals(word, ScalableRootEntry.word(Integer.decode(devfn)));
  }

  @Test
  void rootEntryPointsToAContextTable() {
    assertEquals(0x3f00_1001L, ScalableRootEntry.pointingTo(0x3f00_1000L));
    assertEquals(0x3f00_1000L, ScalableRootEntry.contextTable(0x3f00_1fffL));
    assertTrue(ScalableRootEntry.isPresent(1));
    assertFalse(ScalableRootEntry.isPresent(~1L));
  }

  @ParameterizedTest
  @CsvSource({
    "39, 0xffffff8000000ffe, 0xffffff80000001e0, 0xffffff8000000ffc",
    "48, 0xffff000000000ffe, 0xffff0000000001e0, 0xffff000000000ffc"
  })
  void entriesReserveWhatLiesAboveTheHostAddressWidth(
      int width, String root, String context, String directory) {
    assertEquals(Hex.parse(root), ScalableRootEntry.reserved(width));
    assertEquals(Hex.parse(context), ScalableContextEntry.reserved(0, width));
    assertEquals(Hex.parse(directory), PasidDirectoryEntry.reserved(width));
  }

  @ParameterizedTest
  @CsvSource({"0x00, 0x1000", "0x01, 0x1020", "0x7f, 0x1fe0", "0x80, 0x1000", "0xff, 0x1fe0"})
  void contextEntriesOfEachHalfAre32BytesApart(String devfn, String address) {
    assertEquals(Hex.parse(address), ScalableContextEntry.address(0x1000, Integer.decode(devfn)));
  }

  @ParameterizedTest
  @CsvSource({"0x3f002001, 128", "0x3f002201, 256", "0x3f002e01, 16384", "0x3f0021ff, 128"})
  void contextEntrySaysWhereTheDirectoryIsAndHowLarge(String word, int count) {
    assertEquals(0x3f00_2000L, ScalableContextEntry.directory(Hex.parse(word)));
    assertEquals(count, ScalableContextEntry.directoryCount(Hex.parse(word)));
  }

  @Test
  void contextEntryIsPresentByBitZero() {
    assertTrue(ScalableContextEntry.isPresent(1));
    assertFalse(ScalableContextEntry.isPresent(~1L));
  }

  @ParameterizedTest(name = "word {0} bit {1}: {2}")
  @CsvSource({
    "0, 0, false", "0, 4, false", "0, 5, true", "0, 8, true", "0, 9, false", "0, 12, false",
    "0, 45, false", "0, 46, true", "1, 0, false", "1, 20, false", "1, 21, true", "1, 63, true",
    "2, 0, true", "2, 63, true", "3, 0, true", "3, 63, true"
  })
  void contextEntryHasReservedBitsInEveryWord(int word, int bit, boolean reserved) {
    long[] words = {ScalableContextEntry.P.of(1), 0, 0, 0};
    assertEquals(Optional.empty(), ScalableContextEntry.fault(words, 46));
    words[word] |= 1L << bit;
    assertEquals(
        reserved ? Optional.of(FaultReason.SCALABLE_CONTEXT_RESERVED) : Optional.empty(),
        ScalableContextEntry.fault(words, 46));
  }

  @ParameterizedTest
  @CsvSource({"0, 0, 0x1000", "0x3f, 0, 0x1fc0", "0x40, 1, 0x1000", "0xfffff, 16383, 0x1fc0"})
  void pasidIsAnIndexOfTheDirectoryAndOneOfTheTable(String pasid, int index, String address) {
    assertEquals(index, PasidDirectoryEntry.index(Long.decode(pasid)));
    assertEquals(Hex.parse(address), PasidTableEntry.address(0x1000, Long.decode(pasid)));
  }

  @ParameterizedTest
  @CsvSource({"0x0, 2, 4", "0x4, 3, 5", "0x8, 4, 6", "0x1c, 9, 7"})
  void pasidEntryHasLevelsOfBothKindsOfTables(String word, int second, int first) {
    assertEquals(second, PasidTableEntry.secondLevels(Hex.parse(word)));
    assertEquals(first, PasidTableEntry.firstLevels(Hex.parse(word)));
  }

  @Test
  void pasidEntryIsReadAsQemuAndLinuxHaveIt() {
    long second = 0x3f00_3089L;
    assertEquals(PasidTableEntry.PGTT_SECOND_LEVEL, PasidTableEntry.PGTT.get(second));
    assertEquals(4, PasidTableEntry.secondLevels(second));
    assertEquals(0x3f00_3000L, PasidTableEntry.SLPTPTR.inPlace(second));
    assertEquals(PasidTableEntry.PGTT_FIRST_LEVEL, PasidTableEntry.PGTT.get(0x41));
    assertEquals(PasidTableEntry.PGTT_NESTED, PasidTableEntry.PGTT.get(0xc1));
    assertEquals(PasidTableEntry.PGTT_PASS_THROUGH, PasidTableEntry.PGTT.get(0x101));
    assertEquals(0xffff, PasidTableEntry.DID.get(-1));
  }

  @ParameterizedTest
  @CsvSource({"P, 0x1", "RW, 0x2", "US, 0x4", "A, 0x20", "D, 0x40", "PS, 0x80", "PAT, 0x1000"})
  void firstLevelEntryHasItsFlagsWhereProcessorsHaveThem(String name, String mask) {
    BitField field =
        switch (name) {
          case "P" -> FirstLevelEntry.P;
          case "RW" -> FirstLevelEntry.RW;
          case "US" -> FirstLevelEntry.US;
          case "A" -> FirstLevelEntry.A;
          case "D" -> FirstLevelEntry.D;
          case "PS" -> FirstLevelEntry.PS;
          default -> FirstLevelEntry.PAT_IN_LARGE_LEAF;
        };
    assertEquals(Hex.parse(mask), field.mask());
    assertEquals(0x000f_ffff_ffff_f000L, FirstLevelEntry.ADDR.mask());
    assertEquals(1L << 63, FirstLevelEntry.XD.mask());
  }
}
