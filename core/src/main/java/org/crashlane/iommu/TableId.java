// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.Hex;

/**
 * One address space: a tree of page tables, or a flat one. Devices with equal ids share it.
 *
 * @param root physical address of the top table
 * @param levels how many levels it has, 1 to 6; 1 is a flat table
 * @param kind how its entries are read
 */
public record TableId(long root, int levels, Kind kind) {

  /** Kinds of tables. */
  public enum Kind {
    /** Tables of the IOMMU's own format, which VT-d calls second-level. */
    SECOND_LEVEL,
    /** Tables as processors have them, seen by requests of user privilege: read, not written. */
    FIRST_LEVEL
  }

  /** Makes the id of tables of the IOMMU's own format. */
  public TableId(long root, int levels) {
    this(root, levels, Kind.SECOND_LEVEL);
  }

  @Override
  public String toString() {
    return switch (kind) {
      case SECOND_LEVEL -> Hex.of(root) + (levels == 1 ? " (flat)" : " (" + levels + " levels)");
      case FIRST_LEVEL -> Hex.of(root) + " (first-level, " + levels + " levels)";
    };
  }
}
