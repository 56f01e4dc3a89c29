// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.BitField;

/**
 * How entries of one unit's paging structures are read: which bits say present, which must be zero,
 * which levels may map pages. First-level and second-level entries have their rights in the same
 * two bits, so one walk serves both.
 */
final class PageTableFormat {
  private static final long RIGHTS = SecondLevelEntry.R.mask() | SecondLevelEntry.W.mask();

  private final long present;
  private final long address;
  private final long[] leafBit = new long[PageTable.LEVELS_MAX + 1];
  private final long[] reservedInLeaf = new long[PageTable.LEVELS_MAX + 1];
  private final long[] reservedInTable = new long[PageTable.LEVELS_MAX + 1];

  private PageTableFormat(long present, BitField address) {
    this.present = present;
    this.address = address.mask();
  }

  /** {@return the format of second-level tables on a unit of {@code config}} */
  static PageTableFormat secondLevel(UnitConfig config) {
    Capabilities capabilities = config.capabilities();
    BitField addr = SecondLevelEntry.ADDR;
    PageTableFormat format = new PageTableFormat(RIGHTS, addr);
    long tooHigh = addr.mask() & ~BitField.lowMask(config.hostAddressWidth());
    long snoop = SecondLevelEntry.SNP.mask();
    long transientMapping = SecondLevelEntry.TM.mask();
    for (int level = 1; level <= PageTable.LEVELS_MAX; level++) {
      boolean mayBeLeaf = level > 1 && capabilities.supportsLeafAt(level);
      format.leafBit[level] = mayBeLeaf ? SecondLevelEntry.PS.mask() : 0;
      format.reservedInLeaf[level] =
          tooHigh
              | belowPage(addr, level)
              | (capabilities.snoopControl() ? 0 : snoop)
              | (capabilities.deviceTlb() ? 0 : transientMapping);
      format.reservedInTable[level] =
          tooHigh | snoop | transientMapping | (mayBeLeaf ? 0 : SecondLevelEntry.PS.mask());
    }
    return format;
  }

  /** {@return the format of first-level tables on a unit of {@code config}} */
  static PageTableFormat firstLevel(UnitConfig config) {
    BitField addr = FirstLevelEntry.ADDR;
    PageTableFormat format = new PageTableFormat(FirstLevelEntry.P.mask(), addr);
    long tooHigh = addr.mask() & ~BitField.lowMask(config.hostAddressWidth());
    for (int level = 1; level <= PageTable.LEVELS_MAX; level++) {
      boolean mayBeLeaf = level > 1 && config.capabilities().supportsFirstLevelLeafAt(level);
      format.leafBit[level] = mayBeLeaf ? FirstLevelEntry.PS.mask() : 0;
      format.reservedInLeaf[level] =
          tooHigh | (belowPage(addr, level) & ~FirstLevelEntry.PAT_IN_LARGE_LEAF.mask());
      format.reservedInTable[level] = tooHigh | (mayBeLeaf ? 0 : FirstLevelEntry.PS.mask());
    }
    return format;
  }

  /** {@return the address bits that are too low to be part of a page at {@code level}} */
  private static long belowPage(BitField addr, int level) {
    return addr.mask() & (PageTable.entrySpanBytes(level) - 1);
  }

  /** {@return true if hardware goes by {@code entry} at all} */
  boolean isPresent(long entry) {
    return (entry & present) != 0;
  }

  /** {@return true if {@code entry} maps a page; what is no leaf points to a table} */
  boolean isLeaf(long entry, int level) {
    return level == 1 || (entry & leafBit[level]) != 0;
  }

  /** {@return the bits of {@code entry} that are one and must be zero} */
  long reservedBits(long entry, int level) {
    return entry & reservedMask(isLeaf(entry, level), level);
  }

  /** {@return the bits that must be zero in an entry at {@code level}} */
  long reservedMask(boolean leaf, int level) {
    return leaf ? reservedInLeaf[level] : reservedInTable[level];
  }

  /** {@return the page or table that {@code entry} points to} */
  long target(long entry) {
    return entry & address;
  }

  /** {@return the page that a leaf at {@code level} maps} */
  long page(long entry, int level) {
    return target(entry) & -PageTable.entrySpanBytes(level);
  }

  /** {@return the rights that a leaf at level 1 leaves of {@code rights}; 0 if it maps nothing} */
  long leafRights(long entry, long rights) {
    return isPresent(entry) && reservedBits(entry, 1) == 0 ? rights(entry, rights) : 0;
  }

  /** {@return true if a leaf at level 1 maps nothing, but would if its reserved bits were zero} */
  boolean isSpoiledLeaf(long entry, long rights) {
    return isPresent(entry) && rights(entry, rights) != 0 && reservedBits(entry, 1) != 0;
  }

  /**
   * {@return the bits that {@link #leafRights} goes by} They say whether a leaf is present too: all
   * entries above it are, so {@code rights} has P if the format has it.
   */
  long judgedInLeaf(long rights) {
    return rights | reservedInLeaf[1];
  }

  /** {@return true if all entries of {@code page}, a table of level 1, map page after page} */
  boolean isOneLeafRun(long[] page, long rights) {
    long first = page[0];
    long last = page[PageTable.ENTRY_COUNT - 1];
    // Ends alike beside their pages: no entry between them carries out of the address.
    return leafRights(first, rights) != 0
        && ((first ^ last) & (~address | reservedInLeaf[1])) == 0
        && LeafRun.fills(page);
  }

  /** {@return the rights that {@code entry} leaves of {@code rights}} */
  static long rights(long entry, long rights) {
    return entry & rights & RIGHTS;
  }

  /** {@return all rights} */
  static long allRights() {
    return RIGHTS;
  }
}
