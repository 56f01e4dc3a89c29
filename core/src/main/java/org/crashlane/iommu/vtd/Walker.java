// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.BitField;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.paging.PageTable;
import org.crashlane.iommu.paging.TableWalker;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;

/** Yields all that second-level or first-level tables map. */
public final class Walker extends TableWalker {
  private final UnitConfig config;

  /**
   * @param memory where the tables are
   * @param config the unit they belong to
   * @param limits where to stop in tables that are wrong
   */
  public Walker(PhysicalMemory memory, UnitConfig config, WalkLimits limits) {
    super(memory, config.secondLevel(), limits);
    this.config = config;
  }

  /**
   * Tells {@code visitor} what the first-level tables {@code table} map in the lower half of the
   * addresses, where kernels have their IOVAs. Rights are those of privileged requests.
   */
  public void walkFirstLevel(TableId table, WalkVisitor visitor) {
    int width = PageTable.addressWidth(table.levels());
    AddressRange lowerHalf = new AddressRange(0, BitField.lowMask(width - 1));
    walk(table, PageTableFormat.firstLevel(config), lowerHalf, visitor);
  }
}
