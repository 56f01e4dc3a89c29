// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.Reason;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Malformation.Kind;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.paging.Paging;
import org.crashlane.iommu.paging.TableWalker;
import org.crashlane.iommu.vtd.PageTableFormat.Privilege;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * First-level tables as requests of user privilege meet them. The lower half of their addresses is
 * walked, where kernels have their IOVAs; what the upper half maps is reported as not walked.
 */
final class FirstLevelTables {
  private final PhysicalMemory memory;
  private final Paging paging;

  FirstLevelTables(PhysicalMemory memory, UnitConfig config) {
    this.memory = memory;
    this.paging = config.firstLevel(Privilege.USER);
  }

  /** {@return how they are made} */
  Paging paging() {
    return paging;
  }

  void walk(TableId table, WalkVisitor visitor) {
    new TableWalker(memory, paging, WalkLimits.DEFAULT).walk(table, visitor);
    Geometry geometry = table.geometry();
    int top = geometry.levels();
    long[] entries = new long[geometry.entryCount(top)];
    try {
      memory.readLongs(table.root(), entries, entries.length);
    } catch (UnreadableMemoryException e) {
      return; // The walk has reported it.
    }
    long lowerLast = paging.reach(geometry).last();
    for (int i = geometry.index(lowerLast, top) + 1; i < entries.length; i++) {
      if (FirstLevelEntry.P.isSet(entries[i]) && FirstLevelEntry.US.isSet(entries[i])) {
        long at = Geometry.entryAddress(table.root(), i);
        long iova = i * geometry.entrySpanBytes(top) | ~lowerLast;
        Reason reason = Reason.of(Named.UPPER_HALF);
        visitor.malformed(new Malformation(at, entries[i], iova, Kind.BOUND, reason));
      }
    }
  }
}
