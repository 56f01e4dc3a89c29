// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.paging.TableWalker;
import org.crashlane.memory.PhysicalMemory;

/** Yields all that host page tables map. */
public final class Walker extends TableWalker {
  /**
   * @param memory where the tables are
   * @param config the unit they belong to
   * @param limits where to stop in tables that are wrong
   */
  public Walker(PhysicalMemory memory, UnitConfig config, WalkLimits limits) {
    super(memory, config.hostTables(), limits);
  }
}
