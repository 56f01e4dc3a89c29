// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import org.crashlane.iommu.TableId;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;

/**
 * Yields all that a tree of page tables maps, as hardware would follow it: what a request would
 * fault on is told as a malformation and maps nothing, and a table that points back to one above it
 * is told and followed, until the limits end it.
 *
 * <p>A mapping may go where no request does: IOVAs in the interrupt window are never looked up, and
 * targets there are blocked.
 */
public class TableWalker {
  private final PhysicalMemory memory;
  private final Paging paging;
  private final WalkLimits limits;

  /**
   * @param memory where the tables are
   * @param paging how they are made
   * @param limits where to stop in tables that are wrong
   */
  protected TableWalker(PhysicalMemory memory, Paging paging, WalkLimits limits) {
    this.memory = memory;
    this.paging = paging;
    this.limits = limits;
  }

  /** Tells {@code visitor} all that the tables {@code table} map. */
  public final void walk(TableId table, WalkVisitor visitor) {
    walk(table, paging.format(), reach(table), visitor);
  }

  /** Tells {@code visitor} all that tables of another format map within {@code reach}. */
  protected final void walk(
      TableId table, EntryFormat format, AddressRange reach, WalkVisitor visitor) {
    new TableWalk(memory, format, limits, reach, visitor).walk(table);
  }

  /** {@return the IOVAs that {@code table} can translate: as far as its levels and the unit go} */
  public final AddressRange reach(TableId table) {
    return paging.reach(table);
  }
}
