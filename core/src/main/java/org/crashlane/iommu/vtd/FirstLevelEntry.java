// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;

/**
 * First-level paging entry: 8 bytes, as processors have them (VT-d specification, "First-Level
 * Paging Entries").
 */
public final class FirstLevelEntry {
  private static final Layout.Fields FIELDS = Layout.named("first-level entry");

  /** Present, and so readable. */
  public static final BitField P = FIELDS.bit("P", 0);

  /** Writes pass. */
  public static final BitField RW = FIELDS.bit("R/W", 1);

  /** Requests of user privilege pass. */
  public static final BitField US = FIELDS.bit("U/S", 2);

  static final BitField PWT = FIELDS.bit("PWT", 3);
  static final BitField PCD = FIELDS.bit("PCD", 4);

  /** Accessed: a unit sets it in each entry that it uses. */
  public static final BitField A = FIELDS.bit("A", 5);

  /** Dirty: a unit sets it in a leaf that it writes through. */
  public static final BitField D = FIELDS.bit("D", 6);

  /** Page size: at levels 2 and 3, this entry maps a page; at higher levels reserved. */
  public static final BitField PS = FIELDS.bit("PS", 7);

  static final BitField G = FIELDS.bit("G", 8);
  static final BitField IGN_9 = FIELDS.bit("IGN_9", 9);
  static final BitField EA = FIELDS.bit("EA", 10);
  static final BitField IGN_11 = FIELDS.bit("IGN_11", 11);

  /** The page or the next table. */
  public static final BitField ADDR = FIELDS.bits("ADDR", 51, 12);

  static final BitField IGN_62_52 = FIELDS.bits("IGN_62_52", 62, 52);
  static final BitField XD = FIELDS.bit("XD", 63);

  /** The word. */
  public static final Layout LAYOUT = FIELDS.layout();

  /** The lowest address bit of a leaf above level 1 is not address but memory type. */
  static final BitField PAT_IN_LARGE_LEAF = BitField.bit("PAT", 12);

  private FirstLevelEntry() {}
}
