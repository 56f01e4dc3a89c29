// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.List;
import java.util.stream.IntStream;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Permissions;

/**
 * Second-level paging entry: 8 bytes, the same at every level (VT-d specification, "Second-Level
 * Paging Entries"; Linux generic_pt vtdss.h). There is no present bit: an entry without R and W is
 * not present.
 */
public final class SecondLevelEntry {
  private static final Layout.Fields FIELDS = Layout.named("second-level entry");

  /** Reads pass. */
  public static final BitField R = FIELDS.bit("R", 0);

  /** Writes pass. */
  public static final BitField W = FIELDS.bit("W", 1);

  /** Execute; ignored for requests without a PASID. */
  static final BitField X = FIELDS.bit("X", 2);

  /** Memory type. */
  static final BitField EMT = FIELDS.bits("EMT", 5, 3);

  static final BitField IPAT = FIELDS.bit("IPAT", 6);

  /** Page size: at levels 2 and 3, this entry maps a page; at higher levels reserved. */
  public static final BitField PS = FIELDS.bit("PS", 7);

  static final BitField A = FIELDS.bit("A", 8);
  static final BitField D = FIELDS.bit("D", 9);
  static final BitField IGN_10 = FIELDS.bit("IGN_10", 10);

  /** Snoop: in leaves only, and only where the unit has snoop control. */
  public static final BitField SNP = FIELDS.bit("SNP", 11);

  /** The page or the next table, a physical address; reserved from the host address width up. */
  public static final BitField ADDR = FIELDS.bits("ADDR", 51, 12);

  static final BitField IGN_61_52 = FIELDS.bits("IGN_61_52", 61, 52);

  /** Transient mapping: in leaves only, and only where devices may have TLBs. */
  public static final BitField TM = FIELDS.bit("TM", 62);

  static final BitField IGN_63 = FIELDS.bit("IGN_63", 63);

  private static final int LEVELS_MAX = 6;

  /** The shape of tables of each number of levels, from 1. */
  private static final List<Geometry> GEOMETRIES =
      IntStream.rangeClosed(1, LEVELS_MAX).mapToObj(n -> Geometry.of(ADDR.low(), n)).toList();

  /** The shape of the largest tables there may be. */
  public static final Geometry LARGEST = GEOMETRIES.getLast();

  /** The word. */
  public static final Layout LAYOUT = FIELDS.layout();

  private SecondLevelEntry() {}

  /** {@return the shape of tables of so many levels, which have pages of 4 KiB} */
  public static Geometry geometry(int levels) {
    return GEOMETRIES.get(levels - 1);
  }

  /**
   * {@return an entry that points to the table at {@code address}, leaving rights to the leaves}
   */
  public static long table(long address) {
    return ADDR.inPlace(address) | R.mask() | W.mask();
  }

  /**
   * {@return an entry that maps a page}
   *
   * @param address physical address of the page
   * @param level 1 for 4 KiB, 2 for 2 MiB, 3 for 1 GiB
   */
  public static long leaf(long address, int level, Permissions permissions) {
    long page = ADDR.inPlace(address) | rights(permissions);
    return level == 1 ? page : page | PS.mask();
  }

  /** {@return the last physical address that an entry can lead to} */
  static long highestAddress(int hostAddressWidth) {
    return BitField.lowMask(Math.min(hostAddressWidth, ADDR.high() + 1));
  }

  /** {@return the bits that represent {@code permissions}} */
  static long rights(Permissions permissions) {
    return switch (permissions) {
      case NONE -> 0;
      case READ_ONLY -> R.mask();
      case WRITE_ONLY -> W.mask();
      case READ_WRITE -> R.mask() | W.mask();
    };
  }
}
