// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.PhysicalMemory;

/**
 * Yields all that a TCE table maps. An entry that is not zero but has no right maps nothing and is
 * told as malformed: hardware blocks what goes through it, though Linux takes it for used.
 *
 * <p>A mapping may go where no request does: reserved regions that are not translated are never
 * looked up.
 */
public final class Walker {
  private final PhysicalMemory memory;
  private final WalkLimits limits;

  /**
   * @param memory where the tables are
   * @param limits where to stop in tables that are wrong; a table has at most 2,048 pages, so only
   *     the number of malformations matters
   */
  public Walker(PhysicalMemory memory, WalkLimits limits) {
    this.memory = memory;
    this.limits = limits;
  }

  /** Tells {@code visitor} all that {@code table} maps, and each of its pages, at level 1. */
  public void walk(TceTable table, WalkVisitor visitor) {
    new TableWalk(memory, limits, table, visitor).walk();
  }
}
