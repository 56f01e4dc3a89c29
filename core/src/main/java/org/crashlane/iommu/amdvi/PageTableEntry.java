// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.List;
import java.util.stream.IntStream;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Permissions;

/**
 * Entry of the host page tables: 8 bytes, a page or a table at a lower level, as Next Level says
 * (AMD 48882, "I/O Page Tables for Host Translations"; Linux generic_pt amdv1.h).
 */
public final class PageTableEntry {
  private static final Layout.Fields FIELDS = Layout.named("page table entry");

  /** Present. */
  public static final BitField PR = FIELDS.bit("PR", 0);

  static final BitField IGN_4_1 = FIELDS.bits("IGN_4_1", 4, 1);
  static final BitField A = FIELDS.bit("A", 5);
  static final BitField D = FIELDS.bit("D", 6);
  static final BitField IGN_8_7 = FIELDS.bits("IGN_8_7", 8, 7);

  /** Next level: 0 and 7 for a page, else the level of the table that the entry points to. */
  public static final BitField NEXT_LEVEL = FIELDS.bits("NextLevel", 11, 9);

  /** The page or the next table, a physical address; its low bits may code the page's size. */
  public static final BitField ADDR = FIELDS.bits("PageAddress", 51, 12);

  static final BitField RSVD_56_52 = FIELDS.bits("RSVD_56_52", 56, 52);

  /** Page-based memory attributes, in leaves; reserved in other entries. */
  static final BitField PMC = FIELDS.bits("PMC", 58, 57);

  /** Untranslated access only, in leaves; reserved in other entries. */
  static final BitField U = FIELDS.bit("U", 59);

  /** Force coherent, in leaves; reserved in other entries. */
  public static final BitField FC = FIELDS.bit("FC", 60);

  /** Reads pass. */
  public static final BitField IR = FIELDS.bit("IR", 61);

  /** Writes pass. */
  public static final BitField IW = FIELDS.bit("IW", 62);

  static final BitField IGN_63 = FIELDS.bit("IGN_63", 63);

  /** The shape of tables of each number of levels, from 1. */
  private static final List<Geometry> GEOMETRIES =
      IntStream.rangeClosed(1, DeviceTableEntry.MODE_LEVELS_MAX)
          .mapToObj(n -> Geometry.of(ADDR.low(), n))
          .toList();

  /** The shape of the largest tables there may be. */
  public static final Geometry LARGEST = GEOMETRIES.getLast();

  /** The word. */
  public static final Layout LAYOUT = FIELDS.layout();

  /** Next level: the entry maps a page as large as the addresses it serves. */
  public static final int NEXT_LEVEL_PAGE = 0;

  /** Next level: the entry maps a page of the size that its address codes. */
  public static final int NEXT_LEVEL_SIZED_PAGE = 7;

  private PageTableEntry() {}

  /** {@return the shape of tables of so many levels, whose smallest pages have 4 KiB} */
  public static Geometry geometry(int levels) {
    return GEOMETRIES.get(levels - 1);
  }

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

  /**
   * {@return the size in bytes of the page that an entry with Next Level 7 maps}
   *
   * @param address the entry's address field, without what says encrypted
   */
  public static long sizeBytes(long address) {
    return Long.lowestOneBit(~(address | BitField.lowMask(ADDR.low()))) << 1;
  }

  /** {@return both rights} */
  static long rights() {
    return IR.mask() | IW.mask();
  }

  private static long rights(Permissions permissions) {
    return (permissions.allows(Access.READ) ? IR.mask() : 0)
        | (permissions.allows(Access.WRITE) ? IW.mask() : 0);
  }
}
