// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import org.crashlane.iommu.TableId;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.PhysicalMemory;

/**
 * Yields all that a tree of page tables maps, as hardware would follow it: what a request would
 * fault on is reported as a malformation and maps nothing, and a table that points back to one
 * above it is reported and followed, until the limits end it.
 *
 * <p>A mapping may go where no request does: IOVAs that a unit does not look up, and targets that
 * it blocks, are walked all the same.
 *
 * @param memory where the tables are
 * @param paging how they are made
 * @param limits where to stop in tables that are wrong
 */
public record TableWalker(PhysicalMemory memory, Paging paging, WalkLimits limits) {

  /** Reports to {@code visitor} all that the tables {@code table} map. */
  public void walk(TableId table, WalkVisitor visitor) {
    new TableWalk(memory, paging, limits, table, visitor).walk();
  }
}
