// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.vtd.PageTable;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * One request's way through host page tables, checks in hardware's order as VirtualBox reads the
 * manual: at each level presence, reserved fields, permission, then where it goes on.
 */
final class PagingWalk {

  /** Who learns what a unit may cache of a request's way. */
  interface Sink {
    /** Learns nothing. */
    Sink NONE =
        new Sink() {
          @Override
          public void leaf(long iova, int level, long page, long rights) {
            // A unit that caches nothing.
          }

          @Override
          public void absent(long iova, int level) {
            // A unit that caches nothing.
          }
        };

    /**
     * An entry at {@code level} maps {@code page}: all that the entry itself serves, be it the
     * whole page or a part.
     *
     * @param rights IR and IW in their places, ANDed over all levels
     */
    void leaf(long iova, int level, long page, long rights);

    /** The entry at {@code level} is not present. */
    void absent(long iova, int level);
  }

  private final UnitConfig config;

  PagingWalk(UnitConfig config) {
    this.config = config;
  }

  /**
   * {@return what becomes of {@code request}}
   *
   * @param word0 word 0 of the device table entry, in order
   * @param sink is told of the leaf or the gap that the way ends at
   */
  Outcome translate(PhysicalMemory memory, Request request, long word0, Faults faults, Sink sink) {
    long iova = request.iova();
    int level = DeviceTableEntry.levels(word0);
    if ((iova & ~BitField.lowMask(PageTable.addressWidth(level))) != 0) {
      return faults.blocked(request, FaultReason.ADDRESS_BEYOND_MODE);
    }
    long wanted = EntryDecision.wanted(request.access());
    long table = word0 & config.addressBits();
    long rights = word0 & PageTableEntry.rights();
    while (true) {
      long entry;
      try {
        entry = memory.readLong(PageTable.entryAddress(table, PageTable.index(iova, level)));
      } catch (UnreadableMemoryException e) {
        return faults.unreadable(request, e, FaultReason.PAGE_TABLE_ACCESS);
      }
      if (!PageTableEntry.PR.isSet(entry)) {
        sink.absent(iova, level);
        return faults.blocked(request, FaultReason.NOT_PRESENT);
      }
      Optional<FaultReason> fault = PageTableEntry.fault(entry, level, config);
      if (fault.isPresent()) {
        return faults.blocked(request, fault.get());
      }
      if ((entry & wanted) == 0) {
        return faults.blocked(request, FaultReason.PERMISSION);
      }
      rights &= entry;
      if (PageTableEntry.isLeaf(entry)) {
        long page = PageTableEntry.page(entry, level, iova, config);
        sink.leaf(iova, level, page, rights);
        return new Outcome.Reached(page | iova & (PageTable.entrySpanBytes(level) - 1));
      }
      int next = (int) PageTableEntry.NEXT_LEVEL.get(entry);
      if (!PageTableEntry.skipsZeroBits(iova, level, next)) {
        return faults.blocked(request, FaultReason.SKIPPED_BITS);
      }
      table = entry & config.addressBits();
      level = next;
    }
  }
}
