// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.paging.EntryFormat;

/** Entries of one unit's first-level or second-level tables. */
final class PageTableFormat extends EntryFormat {

  /** Whose rights a request has in first-level tables. */
  enum Privilege {
    /** A user's: an entry without U/S is as good as none. */
    USER,
    /** A supervisor's, that needs the right to write as a user does (WPE). */
    SUPERVISOR,
    /** A supervisor's, that may write whatever may be read. */
    UNLIMITED
  }

  private static final int LEVELS_MAX = SecondLevelEntry.LARGEST.levels();

  private final long present;
  private final long read;
  private final long write;
  private final long[] leafBit;
  private final long[] reservedInLeaf;
  private final long[] reservedInTable;

  /** In leaves of all levels. */
  private final long unsettled;

  /** Masks by level; those of level 0 are not used. */
  private static final class Masks {
    final long[] leafBit = new long[LEVELS_MAX + 1];
    final long[] reservedInLeaf = new long[LEVELS_MAX + 1];
    final long[] reservedInTable = new long[LEVELS_MAX + 1];
    long unsettled;
  }

  /**
   * @param present an entry without any of these bits is empty
   * @param read without all of these bits, reads do not pass
   * @param write without all of these bits, writes do not pass
   */
  private PageTableFormat(long present, long read, long write, BitField address, Masks masks) {
    super(
        SecondLevelEntry.LARGEST,
        address,
        present | read | write | masks.reservedInLeaf[1] | masks.unsettled);
    this.present = present;
    this.read = read;
    this.write = write;
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
    for (int level = 1; level <= LEVELS_MAX; level++) {
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
    long read = SecondLevelEntry.R.mask();
    long write = SecondLevelEntry.W.mask();
    return new PageTableFormat(read | write, read, write, addr, masks);
  }

  /** {@return the format of first-level tables on a unit of {@code config}} */
  static PageTableFormat firstLevel(UnitConfig config, Privilege privilege) {
    BitField addr = FirstLevelEntry.ADDR;
    Masks masks = new Masks();
    long tooHigh = addr.mask() & ~BitField.lowMask(config.hostAddressWidth());
    for (int level = 1; level <= LEVELS_MAX; level++) {
      boolean mayBeLeaf = level > 1 && config.capabilities().supportsFirstLevelLeafAt(level);
      masks.leafBit[level] = mayBeLeaf ? FirstLevelEntry.PS.mask() : 0;
      masks.reservedInLeaf[level] =
          tooHigh | (belowPage(addr, level) & ~FirstLevelEntry.PAT_IN_LARGE_LEAF.mask());
      masks.reservedInTable[level] = tooHigh | (mayBeLeaf ? 0 : FirstLevelEntry.PS.mask());
    }
    long present = FirstLevelEntry.P.mask();
    long read =
        switch (privilege) {
          case USER -> present | FirstLevelEntry.US.mask();
          case SUPERVISOR, UNLIMITED -> present;
        };
    long write =
        switch (privilege) {
          case USER, SUPERVISOR -> read | FirstLevelEntry.RW.mask();
          case UNLIMITED -> read;
        };
    return new PageTableFormat(present, read, write, addr, masks);
  }

  /** {@return the address bits that are too low to be part of a page at {@code level}} */
  private static long belowPage(BitField addr, int level) {
    return addr.mask() & (SecondLevelEntry.LARGEST.entrySpanBytes(level) - 1);
  }

  @Override
  public Kind kind(long entry, int level) {
    if ((entry & present) == 0) {
      return Kind.EMPTY;
    }
    if (reservedBits(entry, level) != 0) {
      return Kind.WRONG;
    }
    if (!isLeaf(entry, level)) {
      return Kind.TABLE;
    }
    return (entry & unsettled) == 0 ? Kind.LEAF : Kind.UNSETTLED;
  }

  private boolean isLeaf(long entry, int level) {
    return level == 1 || (entry & leafBit[level]) != 0;
  }

  private long reservedBits(long entry, int level) {
    return entry & (isLeaf(entry, level) ? reservedInLeaf[level] : reservedInTable[level]);
  }

  @Override
  public Permissions rights(long entry, int level) {
    return Permissions.of((entry & read) == read, (entry & write) == write);
  }

  @Override
  public Reason reason(long entry, int level) {
    long reserved = reservedBits(entry, level);
    return Reason.of(
        reserved != 0 ? TableFact.RESERVED_BITS : TableFact.UNSETTLED_BITS,
        new Reason.Level(level),
        new Reason.Bits(reserved != 0 ? reserved : entry & unsettled));
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
