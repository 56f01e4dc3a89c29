// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;

/**
 * Yields all that a GART's table maps, by IOVAs in the aperture. Outside it every address stands
 * for itself; that is not told.
 *
 * <p>Entries that lead to a kernel's scratch page are mappings like others: one page each, for the
 * target does not run on. {@link ScratchPage} tells them apart. An entry with reserved bits set is
 * told as malformed and as a mapping, for hardware is taken not to mind them. A mapping may go
 * where no request does: IOVAs in the interrupt window are never looked up.
 */
public final class Walker {
  private final PhysicalMemory memory;
  private final UnitConfig config;
  private final WalkLimits limits;

  /**
   * @param memory where the table is
   * @param config the unit it belongs to, which need not be on
   * @param limits where to stop in a table that is wrong
   * @throws IllegalArgumentException if the size of the aperture is not known
   */
  public Walker(PhysicalMemory memory, UnitConfig config, WalkLimits limits) {
    this.memory = memory;
    this.config = config;
    this.limits = limits;
    config.requireAperture();
  }

  /** Tells {@code visitor} all that the table maps. */
  public void walk(WalkVisitor visitor) {
    new TableWalk(memory, config, limits, visitor).walk();
  }

  /**
   * {@return the entry that serves {@code iova}, an address in the aperture}
   *
   * @throws org.crashlane.memory.UnreadableMemoryException if it is not in memory
   */
  public long entry(long iova) {
    return PteTable.read(memory, config.table(), config.requireAperture().indexOf(iova));
  }

  /** {@return the IOVAs that are translated: the aperture} */
  public AddressRange reach() {
    return config.requireAperture().range();
  }
}
