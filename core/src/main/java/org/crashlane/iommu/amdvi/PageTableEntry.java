// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.vtd.PageTable;

/**
 * Entry of the host page tables: 8 bytes, a page or a table at a lower level, as Next Level says
 * (AMD 48882, "I/O Page Tables for Host Translations"; Linux generic_pt amdv1.h).
 */
public final class PageTableEntry {
  /** Present. */
  public static final BitField PR = BitField.bit("PR", 0);

  static final BitField IGN_4_1 = BitField.bits("IGN_4_1", 4, 1);
  static final BitField A = BitField.bit("A", 5);
  static final BitField D = BitField.bit("D", 6);
  static final BitField IGN_8_7 = BitField.bits("IGN_8_7", 8, 7);

  /** Next level: 0 and 7 for a page, else the level of the table that the entry points to. */
  public static final BitField NEXT_LEVEL = BitField.bits("NextLevel", 11, 9);

  /** The page or the next table, a physical address; its low bits may code the page's size. */
  public static final BitField ADDR = BitField.bits("PageAddress", 51, 12);

  static final BitField RSVD_56_52 = BitField.bits("RSVD_56_52", 56, 52);

  /** Page-based memory attributes, in leaves; reserved in other entries. */
  static final BitField PMC = BitField.bits("PMC", 58, 57);

  /** Untranslated access only, in leaves; reserved in other entries. */
  static final BitField U = BitField.bit("U", 59);

  /** Force coherent, in leaves; reserved in other entries. */
  public static final BitField FC = BitField.bit("FC", 60);

  /** Reads pass. */
  public static final BitField IR = BitField.bit("IR", 61);

  /** Writes pass. */
  public static final BitField IW = BitField.bit("IW", 62);

  static final BitField IGN_63 = BitField.bit("IGN_63", 63);

  /** The word. */
  public static final Layout LAYOUT =
      Layout.of(
          "page table entry",
          PR,
          IGN_4_1,
          A,
          D,
          IGN_8_7,
          NEXT_LEVEL,
          ADDR,
          RSVD_56_52,
          PMC,
          U,
          FC,
          IR,
          IW,
          IGN_63);

  /** Next level: the entry maps a page as large as the addresses it serves. */
  public static final int NEXT_LEVEL_PAGE = 0;

  /** Next level: the entry maps a page of the size that its address codes. */
  public static final int NEXT_LEVEL_SIZED_PAGE = 7;

  private PageTableEntry() {}

  /**
   * {@return an entry that points to a table, leaving rights to the leaves}
   *
   * @param address physical address of the table
   * @param level the table's level, 1 to 5
   */
  public static long table(long address, int level) {
    return ADDR.inPlace(address) | NEXT_LEVEL.of(level) | rights() | PR.of(1);
  }

  /** {@return an entry that maps the page of its level's own size at {@code address}} */
  public static long leaf(long address, Permissions permissions) {
    return ADDR.inPlace(address) | rights(permissions) | FC.of(1) | PR.of(1);
  }

  /**
   * {@return an entry that maps a page larger than its level's own; all entries that serve the page
   * are like this one}
   *
   * @param address physical address of the page
   * @param sizeBytes a power of two, from 8 KiB to 2^52
   */
  public static long sizedLeaf(long address, long sizeBytes, Permissions permissions) {
    // Ones from bit 12 up, and a zero where half the size is.
    long size = ADDR.inPlace((sizeBytes - 1) >>> 1);
    return leaf(address | size, permissions) | NEXT_LEVEL.of(NEXT_LEVEL_SIZED_PAGE);
  }

  /** {@return the size in bytes of the page that an entry with Next Level 7 maps} */
  static long sizeBytes(long entry) {
    return Long.lowestOneBit(~(ADDR.inPlace(entry) | BitField.lowMask(ADDR.low()))) << 1;
  }

  /** {@return true if a present entry maps a page} */
  static boolean isLeaf(long entry) {
    int next = (int) NEXT_LEVEL.get(entry);
    return next == NEXT_LEVEL_PAGE || next == NEXT_LEVEL_SIZED_PAGE;
  }

  /**
   * {@return the physical address that a leaf at {@code level} maps the first address to that it
   * serves, of those that share the entry with {@code iova}}
   */
  static long page(long entry, int level, long iova, UnitConfig config) {
    long span = PageTable.entrySpanBytes(level);
    long address = entry & config.addressBits();
    if (NEXT_LEVEL.get(entry) == NEXT_LEVEL_PAGE) {
      return address & -span;
    }
    long sizeBytes = sizeBytes(address);
    return address & -sizeBytes | iova & (sizeBytes - 1) & -span;
  }

  /**
   * {@return true if no bit of {@code iova} is set that the levels from {@code next} up to {@code
   * level}, both left out, translate}
   */
  static boolean skipsZeroBits(long iova, int level, int next) {
    long below = PageTable.entrySpanBytes(level) - 1;
    return (iova & below & ~BitField.lowMask(PageTable.addressWidth(next))) == 0;
  }

  /** {@return what is wrong with a present entry at {@code level}, or nothing} */
  static Optional<FaultReason> fault(long entry, int level, UnitConfig config) {
    long reserved = isLeaf(entry) ? RSVD_56_52.mask() : reservedInTable();
    if ((entry & (reserved | config.reservedAddressBits())) != 0) {
      return Optional.of(FaultReason.PAGE_RESERVED);
    }
    if (NEXT_LEVEL.get(entry) == NEXT_LEVEL_SIZED_PAGE) {
      return fitsLevel(sizeBytes(entry & config.addressBits()), level)
          ? Optional.empty()
          : Optional.of(FaultReason.PAGE_SIZE);
    }
    return NEXT_LEVEL.get(entry) < level ? Optional.empty() : Optional.of(FaultReason.NEXT_LEVEL);
  }

  /** {@return the bits that must be zero in an entry that points to a table} */
  private static long reservedInTable() {
    return RSVD_56_52.mask() | PMC.mask() | U.mask() | FC.mask();
  }

  /** {@return true if a sized page is larger than the level's own, and smaller than the next's} */
  private static boolean fitsLevel(long sizeBytes, int level) {
    int order = Long.numberOfTrailingZeros(sizeBytes);
    return PageTable.entrySpanBytes(level) < 1L << order && order < PageTable.addressWidth(level);
  }

  /** {@return both rights} */
  static long rights() {
    return IR.mask() | IW.mask();
  }

  /** {@return the bits that stand for {@code permissions}} */
  static long rights(Permissions permissions) {
    return switch (permissions) {
      case NONE -> 0;
      case READ_ONLY -> IR.mask();
      case WRITE_ONLY -> IW.mask();
      case READ_WRITE -> rights();
    };
  }
}
