// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.Faults;
import org.crashlane.iommu.paging.PageTable;
import org.crashlane.iommu.paging.WalkSink;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * One request's way through host page tables, checks in hardware's order as VirtualBox reads the
 * manual: at each level presence, reserved fields, permission, then where it goes on.
 */
final class PagingWalk {
  private final PageTableFormat format;

  PagingWalk(UnitConfig config) {
    this.format = PageTableFormat.of(config);
  }

  /**
   * {@return what becomes of {@code request}}
   *
   * @param word0 word 0 of the device table entry, which permits the access
   * @param sink is told of the leaf or the gap that the way ends at
   */
  Outcome translate(
      PhysicalMemory memory, Request request, long word0, Faults faults, WalkSink sink) {
    long iova = request.iova();
    int level = DeviceTableEntry.levels(word0);
    if (isBeyond(iova, level)) {
      return faults.blocked(request, FaultReason.ADDRESS_BEYOND_MODE);
    }
    long wanted = EntryDecision.wanted(request.access());
    long table = format.target(word0);
    long rights = format.allRights();
    while (true) {
      long entry;
      try {
        entry = memory.readLong(PageTable.entryAddress(table, PageTable.index(iova, level)));
      } catch (UnreadableMemoryException e) {
        return faults.unreadable(request, e, FaultReason.PAGE_TABLE_ACCESS);
      }
      if (!format.isPresent(entry)) {
        sink.absent(iova, level);
        return faults.blocked(request, FaultReason.NOT_PRESENT);
      }
      Optional<FaultReason> fault = format.fault(entry, level);
      if (fault.isPresent()) {
        return faults.blocked(request, fault.get());
      }
      if ((entry & wanted) == 0) {
        return faults.blocked(request, FaultReason.PERMISSION);
      }
      rights = format.rights(entry, rights);
      if (format.isLeaf(entry, level)) {
        long physical = format.physical(entry, level, iova);
        long offset = PageTable.offset(physical, level);
        sink.leaf(iova, level, physical - offset, format.permissions(rights));
        return new Outcome.Reached(physical);
      }
      int next = format.nextLevel(entry, level);
      if (isBeyond(PageTable.offset(iova, level), next)) {
        return faults.blocked(request, FaultReason.SKIPPED_BITS);
      }
      table = format.target(entry);
      level = next;
    }
  }

  /** {@return true if {@code address} has bits that a table at {@code level} does not translate} */
  private static boolean isBeyond(long address, int level) {
    return (address & ~BitField.lowMask(PageTable.addressWidth(level))) != 0;
  }
}
