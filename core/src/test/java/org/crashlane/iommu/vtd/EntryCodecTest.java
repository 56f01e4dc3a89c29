// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.crashlane.bits.Hex;
import org.crashlane.iommu.Permissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Legacy-mode entries as numbers, against numbers worked out from the manual's tables by hand and
 * QEMU's masks of reserved bits (hw/i386/intel_iommu_internal.h).
 */
final class EntryCodecTest {
  private static final long ALL_ONES = -1L;

  @Test
  void rootEntryPointsToAContextTable() {
    assertEquals(0x3f00_1001L, RootEntry.low(0x3f00_1000L));
    assertEquals(0x000f_ffff_ffff_f000L, RootEntry.contextTable(0x000f_ffff_ffff_ffffL));
    assertTrue(RootEntry.isPresent(1));
    assertFalse(RootEntry.isPresent(~1L));
  }

  @ParameterizedTest
  @CsvSource({"39, 0xffffff8000000ffe", "48, 0xffff000000000ffe", "52, 0xfff0000000000ffe"})
  void rootEntryReservesWhatLiesAboveTheHostAddressWidth(int width, String reserved) {
    assertEquals(Hex.parse(reserved), RootEntry.reservedLow(width));
  }

  @ParameterizedTest
  @CsvSource({"0, 0x1000", "1, 0x1010", "255, 0x1ff0"})
  void entriesOfATableAre16BytesApart(int index, String address) {
    assertEquals(Hex.parse(address), RootEntry.address(0x1000, index));
    assertEquals(Hex.parse(address), ContextEntry.address(0x1000, index));
  }

  @ParameterizedTest
  @CsvSource({"0, 0x3f002001", "1, 0x3f002005", "2, 0x3f002009"})
  void contextEntryHasItsTypeBesideThePointer(int translationType, String low) {
    long word = Hex.parse(low);
    assertEquals(word, ContextEntry.low(translationType, 0x3f00_2000L));
    assertEquals(translationType, ContextEntry.translationType(word));
    assertEquals(0x3f00_2000L, ContextEntry.table(word));
  }

  @ParameterizedTest
  @CsvSource({"3, 0, 0x1", "4, 5, 0x502", "5, 65535, 0xffff03", "2, 1, 0x100"})
  void contextEntryHasLevelsAndDomainInItsHighWord(int levels, int domain, String high) {
    long word = Hex.parse(high);
    assertEquals(word, ContextEntry.high(levels, domain));
    assertEquals(levels, ContextEntry.levels(word));
    assertEquals(domain, ContextEntry.domainId(word));
    assertEquals(levels - 2, ContextEntry.addressWidthCode(levels));
  }

  @Test
  void contextEntryFlagsAreBitsZeroAndOne() {
    assertTrue(ContextEntry.isPresent(1));
    assertFalse(ContextEntry.isPresent(~1L));
    assertTrue(ContextEntry.suppressesFaultRecords(2));
    assertFalse(ContextEntry.suppressesFaultRecords(~2L));
    assertEquals(9, ContextEntry.levels(ALL_ONES));
    assertEquals(0xffff, ContextEntry.domainId(ALL_ONES));
  }

  @ParameterizedTest
  @CsvSource({"39, 0xffffff8000000ff0", "48, 0xffff000000000ff0"})
  void contextEntryReservesWhatLiesAboveTheHostAddressWidth(int width, String reserved) {
    assertEquals(Hex.parse(reserved), ContextEntry.reservedLow(width));
    assertEquals(0xffff_ffff_ff00_0080L, ContextEntry.reservedHigh());
  }

  @ParameterizedTest
  @CsvSource({
    // type, levels, ECAP.PT, ECAP.DT, usable by a unit with SAGAW 39 and 48 bits
    "0, 3, false, false, true",
    "0, 4, false, false, true",
    "0, 5, true, true, false",
    "1, 3, true, false, false",
    "1, 3, false, true, true",
    "2, 4, false, true, false",
    "2, 4, true, false, true",
    "3, 4, true, true, false"
  })
  void contextEntryIsUsableIfTheUnitHasItsTypeAndLevels(
      int type, int levels, boolean passThrough, boolean deviceTlb, boolean usable) {
    Capabilities capabilities =
        new Capabilities(0x600, (passThrough ? 0x40 : 0) | (deviceTlb ? 0x4 : 0));
    long low = ContextEntry.low(type, 0);
    assertEquals(usable, ContextEntry.isUsable(low, ContextEntry.high(levels, 1), capabilities));
  }

  @ParameterizedTest
  @CsvSource({
    "NONE, 1, 0x7f000000",
    "READ_ONLY, 1, 0x7f000001",
    "WRITE_ONLY, 1, 0x7f000002",
    "READ_WRITE, 1, 0x7f000003",
    "READ_WRITE, 2, 0x7f000083",
    "READ_ONLY, 3, 0x7f000081"
  })
  void leafHasItsRightsAndAboveLevelOneItsPageSize(Permissions rights, int level, String entry) {
    assertEquals(Hex.parse(entry), SecondLevelEntry.leaf(0x7f00_0000L, level, rights));
  }

  @Test
  void tableEntryLeavesRightsToTheLeaves() {
    assertEquals(0x7f00_1003L, SecondLevelEntry.table(0x7f00_1000L));
    assertEquals(0x000f_ffff_ffff_f003L, SecondLevelEntry.table(ALL_ONES));
  }

  @ParameterizedTest
  @CsvSource({
    "39, 0x7fffffffff",
    "48, 0xffffffffffff",
    "52, 0xfffffffffffff",
    "57, 0xfffffffffffff"
  })
  void entriesLeadNoFurtherThanTheirAddressField(int width, String last) {
    assertEquals(Hex.parse(last), SecondLevelEntry.highestAddress(width));
  }
}
