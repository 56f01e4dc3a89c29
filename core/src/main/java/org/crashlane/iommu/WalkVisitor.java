// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

/** Receives what a walk finds. Primitive, so that a walk allocates nothing per entry. */
public interface WalkVisitor {

  /**
   * A run of mappings, coalesced as far as IOVA, target and permissions run on; in IOVA order.
   *
   * @param iovaFirst first IOVA
   * @param iovaLast last IOVA, included
   * @param physicalFirst target of the first
   */
  void mapping(long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions);

  /** Something wrong. */
  void malformed(Malformation malformation);

  /**
   * A table that the walk reads, reported before anything in it; one reached on several ways is
   * reported as often. A flat table is reported page by page.
   *
   * @param address physical address of the table
   * @param sizeBytes how large it is
   * @param level 1 for the tables whose entries map the smallest pages
   */
  default void tablePage(long address, long sizeBytes, int level) {}

  /**
   * {@return true if the walk may end here; asked before each table page, so that a visitor can
   * bound what hostile tables cost it}
   */
  default boolean isEnough() {
    return false;
  }
}
