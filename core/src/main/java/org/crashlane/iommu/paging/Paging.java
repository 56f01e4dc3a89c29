// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.Unmappable;
import org.crashlane.memory.AddressRange;

/**
 * How one unit's page tables are made, and how far they go.
 *
 * @param format their entries
 * @param addressWidthMax how many bits an IOVA may have, however many levels there are
 * @param targets the physical addresses that entries can lead to
 * @param unmappable addresses that are never mapped, as IOVA or as target
 */
public record Paging(
    EntryFormat format, int addressWidthMax, AddressRange targets, List<Unmappable> unmappable) {

  public Paging {
    unmappable = List.copyOf(unmappable);
  }

  /** {@return the IOVAs that {@code table} can translate: as far as its levels and the unit go} */
  public AddressRange reach(TableId table) {
    int width = Math.min(PageTable.addressWidth(table.levels()), addressWidthMax);
    return new AddressRange(0, BitField.lowMask(width));
  }
}
