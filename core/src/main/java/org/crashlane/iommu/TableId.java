// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.Hex;

/**
 * One address space: a tree of page tables, or a flat one. Devices with equal ids share it.
 *
 * @param root physical address of the top table
 * @param geometry the shape of its tables; one level is a flat table
 * @param stage which of two translations it is
 */
public record TableId(long root, Geometry geometry, Stage stage) {

  /**
   * Which translation it is, where a request may take two: from a process's or a guest's addresses
   * to those of the guest, and from there to those of the host.
   */
  public enum Stage {
    FIRST,
    SECOND
  }

  /** Makes the id of tables of the second stage, or of an IOMMU that has one. */
  public TableId(long root, Geometry geometry) {
    this(root, geometry, Stage.SECOND);
  }

  /** {@return the id of one table with as many entries as its registers say} */
  public static TableId flat(long address, int pageBytes) {
    int granuleBits = Integer.numberOfTrailingZeros(pageBytes);
    return new TableId(address, new Geometry(granuleBits, 1, Long.SIZE));
  }

  /** {@return how many levels it has; 1 is a flat table} */
  public int levels() {
    return geometry.levels();
  }

  @Override
  public String toString() {
    return switch (stage) {
      case FIRST -> Hex.of(root) + " (stage 1, " + levels() + " levels)";
      case SECOND -> Hex.of(root) + (levels() == 1 ? " (flat)" : " (" + levels() + " levels)");
    };
  }
}
