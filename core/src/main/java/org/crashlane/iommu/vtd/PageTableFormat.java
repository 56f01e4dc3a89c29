// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.BitField;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.paging.EntryFormat;
import org.crashlane.iommu.paging.PageTable;

/**
 * Entries of one unit's first-level or second-level tables. Both have their rights in the same two
 * bits, so one format serves both.
 */
final class PageTableFormat extends EntryFormat {
  private static final BitField R = SecondLevelEntry.R;
  private static final BitField W = SecondLevelEntry.W;

  private final long[] leafBit;
  private final long[] reservedInLeaf;
  private final long[] reservedInTable;

  /** In leaves of all levels. */
  private final long unsettled;

  /** Masks by level; those of level 0 are not used. */
  private static final class Masks {
    final long[] leafBit = new long[PageTable.LEVELS_MAX + 1];
    final long[] reservedInLeaf = new long[PageTable.LEVELS_MAX + 1];
    final long[] reservedInTable = new long[PageTable.LEVELS_MAX + 1];
    long unsettled;
  }

  private PageTableFormat(long present, BitField address, Masks masks) {
    super(R, W, present, address, masks.reservedInLeaf[1] | masks.unsettled);
    this.leafBit = masks.leafBit;
    this.reservedInLeaf = masks.reservedInLeaf;
    this.reservedInTable = masks.reservedInTable;
    this.unsettled = masks.unsettled;
  }

  /**
   * {@return the format of second-level tables on a unit of {@code config}}
   *
   * <p>Without snoop control (ECAP.SC) the manual reserves SNP. In scalable mode Linux sets it all
   * the same, from 5.13 on (commit 6c00612d0cba; later the PASID table entry's PGSNP alone), and
   * QEMU ignores it there for that reason; what hardware does is not known.
   */
  static PageTableFormat secondLevel(UnitConfig config) {
    Capabilities capabilities = config.capabilities();
    BitField addr = SecondLevelEntry.ADDR;
    Masks masks = new Masks();
    long tooHigh = addr.mask() & ~BitField.lowMask(config.hostAddressWidth());
    long snoop = SecondLevelEntry.SNP.mask();
    long transientMapping = SecondLevelEntry.TM.mask();
    boolean snoopUnsettled =
        !capabilities.snoopControl() && TableMode.of(config) == TableMode.SCALABLE;
    masks.unsettled = snoopUnsettled ? snoop : 0;
    for (int level = 1; level <= PageTable.LEVELS_MAX; level++) {
      boolean mayBeLeaf = level > 1 && capabilities.supportsLeafAt(level);
      masks.leafBit[level] = mayBeLeaf ? SecondLevelEntry.PS.mask() : 0;
      masks.reservedInLeaf[level] =
          tooHigh
              | belowPage(addr, level)
              | (capabilities.snoopControl() || snoopUnsettled ? 0 : snoop)
              | (capabilities.deviceTlb() ? 0 : transientMapping);
      masks.reservedInTable[level] =
          tooHigh | snoop | transientMapping | (mayBeLeaf ? 0 : SecondLevelEntry.PS.mask());
    }
    return new PageTableFormat(R.mask() | W.mask(), addr, masks);
  }

  /** {@return the format of first-level tables on a unit of {@code config}} */
  static PageTableFormat firstLevel(UnitConfig config) {
    BitField addr = FirstLevelEntry.ADDR;
    Masks masks = new Masks();
    long tooHigh = addr.mask() & ~BitField.lowMask(config.hostAddressWidth());
    for (int level = 1; level <= PageTable.LEVELS_MAX; level++) {
      boolean mayBeLeaf = level > 1 && config.capabilities().supportsFirstLevelLeafAt(level);
      masks.leafBit[level] = mayBeLeaf ? FirstLevelEntry.PS.mask() : 0;
      masks.reservedInLeaf[level] =
          tooHigh | (belowPage(addr, level) & ~FirstLevelEntry.PAT_IN_LARGE_LEAF.mask());
      masks.reservedInTable[level] = tooHigh | (mayBeLeaf ? 0 : FirstLevelEntry.PS.mask());
    }
    return new PageTableFormat(FirstLevelEntry.P.mask(), addr, masks);
  }

  /** {@return the address bits that are too low to be part of a page at {@code level}} */
  private static long belowPage(BitField addr, int level) {
    return addr.mask() & (PageTable.entrySpanBytes(level) - 1);
  }

  @Override
  public int nextLevel(long entry, int level) {
    return level == 1 || (entry & leafBit[level]) != 0 ? 0 : level - 1;
  }

  @Override
  public long reservedBits(long entry, int level) {
    return entry & (isLeaf(entry, level) ? reservedInLeaf[level] : reservedInTable[level]);
  }

  @Override
  public long unsettledBits(long entry, int level) {
    return isLeaf(entry, level) ? entry & unsettled : 0;
  }

  @Override
  public boolean mayBeLeaf(int level) {
    return level == 1 || leafBit[level] != 0;
  }

  @Override
  public long leaf(long iova, long physical, int level, Permissions permissions) {
    return SecondLevelEntry.leaf(physical, level, permissions);
  }

  @Override
  public long table(long physical, int nextLevel) {
    return SecondLevelEntry.table(physical);
  }
}
