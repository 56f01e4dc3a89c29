// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;
import org.crashlane.iommu.Permissions;

/**
 * Second-level paging entry: 8 bytes, the same at every level (VT-d specification, "Second-Level
 * Paging Entries"; Linux generic_pt vtdss.h). There is no present bit: an entry without R and W is
 * not present.
 */
public final class SecondLevelEntry {
  /** Reads pass. */
  public static final BitField R = BitField.bit("R", 0);

  /** Writes pass. */
  public static final BitField W = BitField.bit("W", 1);

  /** Execute; ignored for requests without a PASID. */
  static final BitField X = BitField.bit("X", 2);

  /** Memory type. */
  static final BitField EMT = BitField.bits("EMT", 5, 3);

  static final BitField IPAT = BitField.bit("IPAT", 6);

  /** Page size: at levels 2 and 3, this entry maps a page; at higher levels reserved. */
  public static final BitField PS = BitField.bit("PS", 7);

  static final BitField A = BitField.bit("A", 8);
  static final BitField D = BitField.bit("D", 9);
  static final BitField IGN_10 = BitField.bit("IGN_10", 10);

  /** Snoop: in leaves only, and only where the unit has snoop control. */
  public static final BitField SNP = BitField.bit("SNP", 11);

  /** The page or the next table, a physical address; reserved from the host address width up. */
  public static final BitField ADDR = BitField.bits("ADDR", 51, 12);

  static final BitField IGN_61_52 = BitField.bits("IGN_61_52", 61, 52);

  /** Transient mapping: in leaves only, and only where devices may have TLBs. */
  public static final BitField TM = BitField.bit("TM", 62);

  static final BitField IGN_63 = BitField.bit("IGN_63", 63);

  /** The word. */
  public static final Layout LAYOUT =
      Layout.of(
          "second-level entry",
          R,
          W,
          X,
          EMT,
          IPAT,
          PS,
          A,
          D,
          IGN_10,
          SNP,
          ADDR,
          IGN_61_52,
          TM,
          IGN_63);

  private SecondLevelEntry() {}

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

  /** {@return the bits that stand for {@code permissions}} */
  static long rights(Permissions permissions) {
    return switch (permissions) {
      case NONE -> 0;
      case READ_ONLY -> R.mask();
      case WRITE_ONLY -> W.mask();
      case READ_WRITE -> R.mask() | W.mask();
    };
  }
}
