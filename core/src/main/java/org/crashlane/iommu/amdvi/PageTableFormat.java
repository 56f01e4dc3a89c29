// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.paging.EntryFormat;
import org.crashlane.iommu.paging.PageTable;

/** Entries of one unit's host page tables. */
final class PageTableFormat extends EntryFormat {
  /** Entries that map 512 GiB at level 4 are read, but not written: some hardware errs there. */
  private static final int LARGEST_LEAF_LEVEL = 3;

  private static final BitField NEXT_LEVEL = PageTableEntry.NEXT_LEVEL;
  private static final BitField RSVD_56_52 = PageTableEntry.RSVD_56_52;

  private static final long RESERVED_IN_TABLE =
      RSVD_56_52.mask()
          | PageTableEntry.PMC.mask()
          | PageTableEntry.U.mask()
          | PageTableEntry.FC.mask();

  /** What may differ between the entries of one page, and between two reads of one entry. */
  private static final long NOT_COMPARED =
      PageTableEntry.A.mask()
          | PageTableEntry.D.mask()
          | PageTableEntry.IGN_4_1.mask()
          | PageTableEntry.IGN_8_7.mask()
          | PageTableEntry.IGN_63.mask();

  private final long reservedAddress;
  private final long encryptionMask;

  private PageTableFormat(UnitConfig config) {
    super(
        PageTableEntry.IR,
        PageTableEntry.IW,
        PageTableEntry.PR.mask(),
        config.addressField(),
        NEXT_LEVEL.mask() | RSVD_56_52.mask() | config.reservedAddressBits());
    this.reservedAddress = config.reservedAddressBits();
    this.encryptionMask = config.encryptionMask();
  }

  /** {@return the format of host page tables on a unit of {@code config}} */
  static PageTableFormat of(UnitConfig config) {
    return new PageTableFormat(config);
  }

  @Override
  public int nextLevel(long entry, int level) {
    int next = (int) NEXT_LEVEL.get(entry);
    return next == PageTableEntry.NEXT_LEVEL_SIZED_PAGE ? 0 : next;
  }

  @Override
  public long reservedBits(long entry, int level) {
    long reserved = isLeaf(entry, level) ? RSVD_56_52.mask() : RESERVED_IN_TABLE;
    long wrongLevel = fitsLevel(entry, level) ? 0 : NEXT_LEVEL.mask();
    return entry & (reserved | reservedAddress | wrongLevel);
  }

  /** {@return why hardware blocks a request that meets a present entry, or nothing} */
  Optional<FaultReason> fault(long entry, int level) {
    long wrong = reservedBits(entry, level);
    if (wrong == 0) {
      return Optional.empty();
    }
    if ((wrong & ~NEXT_LEVEL.mask()) != 0) {
      return Optional.of(FaultReason.PAGE_RESERVED);
    }
    return Optional.of(isSized(entry) ? FaultReason.PAGE_SIZE : FaultReason.NEXT_LEVEL);
  }

  @Override
  public String wrong(long entry, int level) {
    Optional<FaultReason> fault = fault(entry, level);
    return fault.isPresent() && fault.get() != FaultReason.PAGE_RESERVED
        ? fault.get().meaning() + " (level " + level + ")"
        : super.wrong(entry, level);
  }

  /**
   * {@return true if the entry leads downwards, or its page is larger than the level's own and
   * smaller than that of the next}
   */
  private boolean fitsLevel(long entry, int level) {
    if (!isSized(entry)) {
      return nextLevel(entry, level) < level;
    }
    int order = Long.numberOfTrailingZeros(PageTableEntry.sizeBytes(target(entry)));
    return PageTable.entrySpanBytes(level) < 1L << order && order < PageTable.addressWidth(level);
  }

  private static boolean isSized(long entry) {
    return NEXT_LEVEL.get(entry) == PageTableEntry.NEXT_LEVEL_SIZED_PAGE;
  }

  @Override
  public long leafBytes(long entry, int level) {
    return isSized(entry)
        ? PageTableEntry.sizeBytes(target(entry))
        : PageTable.entrySpanBytes(level);
  }

  @Override
  public boolean isWhole(long[] page, int index, int level) {
    long entry = page[index];
    int count = (int) (leafBytes(entry, level) / PageTable.entrySpanBytes(level));
    int first = index & -count;
    for (int i = first; i < first + count; i++) {
      if (((page[i] ^ entry) & ~NOT_COMPARED) != 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean mayBeLeaf(int level) {
    return level <= LARGEST_LEAF_LEVEL;
  }

  /**
   * {@inheritDoc} What is reached by an address with the bit that says encrypted is; by one without
   * it, not: both are "identity" to whoever was given them.
   */
  @Override
  public long leaf(long iova, long physical, int level, Permissions permissions) {
    return PageTableEntry.leaf(physical, permissions) | (iova & encryptionMask);
  }

  @Override
  public long table(long physical, int nextLevel) {
    return PageTableEntry.table(physical, nextLevel) | encryptionMask;
  }
}
