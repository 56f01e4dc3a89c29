// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.BitField;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Malformation.Kind;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.paging.PageTable;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * First-level tables as requests of user privilege meet them. The lower half of their addresses is
 * walked, where kernels have their IOVAs; what the upper half maps is told as not walked.
 */
final class FirstLevelTables {
  private final UserView memory;
  private final Walker walker;

  FirstLevelTables(PhysicalMemory memory, UnitConfig config, WalkLimits limits) {
    this.memory = new UserView(memory);
    this.walker = new Walker(this.memory, config, limits);
  }

  /** {@return the lower half of the addresses, which all bits above leave as it is} */
  static AddressRange reach(TableId table) {
    return new AddressRange(0, BitField.lowMask(PageTable.addressWidth(table.levels()) - 1));
  }

  void walk(TableId table, WalkVisitor visitor) {
    walker.walkFirstLevel(table, visitor);
    long[] top = new long[PageTable.ENTRY_COUNT];
    try {
      memory.readLongs(table.root(), top, top.length);
    } catch (UnreadableMemoryException e) {
      return; // The walk has told of it.
    }
    int firstUpper = PageTable.index(reach(table).last(), table.levels()) + 1;
    for (int i = firstUpper; i < top.length; i++) {
      if (FirstLevelEntry.P.isSet(top[i])) {
        long at = PageTable.entryAddress(table.root(), i);
        long iova = i * PageTable.entrySpanBytes(table.levels()) | ~reach(table).last();
        String reason = "maps addresses of the upper half, which are not walked";
        visitor.malformed(new Malformation(at, top[i], iova, Kind.BOUND, reason));
      }
    }
  }
}
