// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.BitField;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;

/**
 * Yields all that a tree of paging structures maps, as hardware would follow it: what a request
 * would fault on is told as a malformation and maps nothing, and a table that points back to one
 * above it is told and followed, until the limits end it.
 *
 * <p>A mapping may go where no request does: IOVAs in the interrupt window are never looked up, and
 * targets there are blocked.
 */
public final class Walker {
  private final PhysicalMemory memory;
  private final UnitConfig config;
  private final WalkLimits limits;

  /**
   * @param memory where the tables are
   * @param config the unit they belong to
   * @param limits where to stop in tables that are wrong
   */
  public Walker(PhysicalMemory memory, UnitConfig config, WalkLimits limits) {
    this.memory = memory;
    this.config = config;
    this.limits = limits;
  }

  /** Tells {@code visitor} all that the second-level tables {@code table} map. */
  public void walk(TableId table, WalkVisitor visitor) {
    PageTableFormat format = PageTableFormat.secondLevel(config);
    new TableWalk(memory, format, limits, reach(table), visitor).walk(table);
  }

  /**
   * Tells {@code visitor} what the first-level tables {@code table} map in the lower half of the
   * addresses, where kernels have their IOVAs. Rights are those of privileged requests.
   */
  public void walkFirstLevel(TableId table, WalkVisitor visitor) {
    PageTableFormat format = PageTableFormat.firstLevel(config);
    int width = PageTable.addressWidth(table.levels());
    AddressRange lowerHalf = new AddressRange(0, BitField.lowMask(width - 1));
    new TableWalk(memory, format, limits, lowerHalf, visitor).walk(table);
  }

  /** {@return the IOVAs that {@code table} can translate: as far as both its levels and MGAW go} */
  public AddressRange reach(TableId table) {
    return reach(config, table);
  }

  static AddressRange reach(UnitConfig config, TableId table) {
    int width =
        Math.min(
            PageTable.addressWidth(table.levels()), config.capabilities().maximumAddressWidth());
    return new AddressRange(0, BitField.lowMask(width));
  }
}
