// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.paging.EntryFormat;
import org.crashlane.iommu.paging.RequestChecks;

/**
 * Entries of one unit's host page tables, and what is checked of them in hardware's order as
 * VirtualBox reads the manual: at each level presence, reserved fields, permission, then where it
 * goes on.
 */
final class PageTableFormat extends EntryFormat implements RequestChecks {
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

  /** What makes an entry other than one of a page of its level's own size, if it is present. */
  private static final long NOT_PLAIN = NEXT_LEVEL.mask() | RSVD_56_52.mask();

  PageTableFormat(UnitConfig config) {
    super(
        PageTableEntry.LARGEST,
        config.addressField(),
        PageTableEntry.PR.mask()
            | PageTableEntry.rights()
            | NOT_PLAIN
            | config.reservedAddressBits());
    this.reservedAddress = config.reservedAddressBits();
    this.encryptionMask = config.encryptionMask();
  }

  @Override
  public Kind kind(long entry, int level) {
    if (!PageTableEntry.PR.isSet(entry)) {
      return Kind.EMPTY;
    }
    if (reservedBits(entry, level) != 0) {
      return Kind.WRONG;
    }
    return isLeaf(entry) ? Kind.LEAF : Kind.TABLE;
  }

  @Override
  public Permissions rights(long entry, int level) {
    return PageTableEntry.PR.isSet(entry)
        ? Permissions.of(PageTableEntry.IR.isSet(entry), PageTableEntry.IW.isSet(entry))
        : Permissions.NONE;
  }

  @Override
  public int nextLevel(long entry, int level) {
    return (int) NEXT_LEVEL.get(entry);
  }

  private static boolean isLeaf(long entry) {
    return NEXT_LEVEL.get(entry) == PageTableEntry.NEXT_LEVEL_PAGE || isSized(entry);
  }

  private long reservedBits(long entry, int level) {
    long reserved = isLeaf(entry) ? RSVD_56_52.mask() : RESERVED_IN_TABLE;
    long wrongLevel = fitsLevel(entry, level) ? 0 : NEXT_LEVEL.mask();
    return entry & (reserved | reservedAddress | wrongLevel);
  }

  @Override
  public Reason reason(long entry, int level) {
    FaultReason reason = wrong(entry, level);
    Reason.Level at = new Reason.Level(level);
    return reason == FaultReason.PAGE_RESERVED
        ? Reason.of(TableFact.RESERVED_BITS, at, new Reason.Bits(reservedBits(entry, level)))
        : Reason.of(reason, at);
  }

  /** {@return why hardware blocks a request that meets an entry that is wrong} */
  private FaultReason wrong(long entry, int level) {
    if ((reservedBits(entry, level) & ~NEXT_LEVEL.mask()) != 0) {
      return FaultReason.PAGE_RESERVED;
    }
    return isSized(entry) ? FaultReason.PAGE_SIZE : FaultReason.NEXT_LEVEL;
  }

  @Override
  public RightsChecked rightsChecked() {
    return RightsChecked.AFTER_FIELDS;
  }

  @Override
  public FaultReason failure(Check check, long entry, int level) {
    return switch (check) {
      case ADDRESS -> FaultReason.ADDRESS_BEYOND_MODE;
      case TOP_TABLE, TABLE -> FaultReason.PAGE_TABLE_ACCESS;
      case PRESENCE -> FaultReason.NOT_PRESENT;
      case FIELDS -> wrong(entry, level);
      case SKIPPED_BITS -> FaultReason.SKIPPED_BITS;
      case TARGET -> throw new IllegalStateException("a target is blocked");
    };
  }

  @Override
  public FaultReason denied(Access access, Permissions rights) {
    return FaultReason.PERMISSION;
  }

  /**
   * {@return true if the entry leads downwards, or its page is larger than the level's own and
   * smaller than that of the next}
   */
  private boolean fitsLevel(long entry, int level) {
    if (!isSized(entry)) {
      return NEXT_LEVEL.get(entry) < level;
    }
    int order = Long.numberOfTrailingZeros(PageTableEntry.sizeBytes(target(entry)));
    return geometry().entrySpanBytes(level) < 1L << order && order < geometry().addressBits(level);
  }

  private static boolean isSized(long entry) {
    return NEXT_LEVEL.get(entry) == PageTableEntry.NEXT_LEVEL_SIZED_PAGE;
  }

  @Override
  public long leafBytes(long entry, int level) {
    return isSized(entry)
        ? PageTableEntry.sizeBytes(target(entry))
        : geometry().entrySpanBytes(level);
  }

  @Override
  protected boolean isWhole(long[] page, int index, int level) {
    long entry = page[index];
    int count = (int) (leafBytes(entry, level) / geometry().entrySpanBytes(level));
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
