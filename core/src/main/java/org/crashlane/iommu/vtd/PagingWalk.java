// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.BitField;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.Faults;
import org.crashlane.iommu.paging.PageTable;
import org.crashlane.iommu.paging.WalkSink;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * One request's way through second-level tables, checks in hardware's order: at each level the
 * permission before the reserved fields.
 */
final class PagingWalk {

  /**
   * What each thing that can go wrong is called: legacy and scalable mode differ in nothing else.
   *
   * @param topAccess the top table cannot be read
   * @param access a table below it cannot be read
   * @param reserved a reserved field is not zero
   */
  record Reasons(
      FaultReason beyondWidth,
      FaultReason topAccess,
      FaultReason access,
      FaultReason noRead,
      FaultReason noWrite,
      FaultReason reserved,
      FaultReason interruptRange) {

    static final Reasons LEGACY =
        new Reasons(
            FaultReason.ADDRESS_BEYOND_WIDTH,
            FaultReason.CONTEXT_INVALID,
            FaultReason.TABLE_ACCESS,
            FaultReason.NO_READ_PERMISSION,
            FaultReason.NO_WRITE_PERMISSION,
            FaultReason.ENTRY_RESERVED,
            FaultReason.OUTPUT_IN_INTERRUPT_RANGE);

    static final Reasons SCALABLE =
        new Reasons(
            FaultReason.SECOND_LEVEL_ADDRESS,
            FaultReason.SECOND_LEVEL_POINTER,
            FaultReason.SECOND_LEVEL_ACCESS,
            FaultReason.SCALABLE_NO_READ,
            FaultReason.SCALABLE_NO_WRITE,
            FaultReason.SECOND_LEVEL_RESERVED,
            FaultReason.SCALABLE_INTERRUPT_RANGE);
  }

  private final int maximumAddressWidth;
  private final PageTableFormat format;
  private final Reasons reasons;

  PagingWalk(UnitConfig config, Reasons reasons) {
    this.maximumAddressWidth = config.capabilities().maximumAddressWidth();
    this.format = PageTableFormat.secondLevel(config);
    this.reasons = reasons;
  }

  /**
   * {@return what becomes of {@code request}}
   *
   * @param top physical address of the top table
   * @param levels how many levels there are, 2 to 6
   * @param sink is told of the leaf or the gap that the way ends at
   */
  Outcome translate(
      PhysicalMemory memory, Request request, long top, int levels, Faults faults, WalkSink sink) {
    long iova = request.iova();
    int width = Math.min(PageTable.addressWidth(levels), maximumAddressWidth);
    if ((iova & ~BitField.lowMask(width)) != 0) {
      return faults.blocked(request, reasons.beyondWidth);
    }
    long wanted = wanted(request.access());
    long table = top;
    long rights = format.allRights();
    for (int level = levels; ; level--) {
      long entry;
      try {
        entry = memory.readLong(PageTable.entryAddress(table, PageTable.index(iova, level)));
      } catch (UnreadableMemoryException e) {
        return faults.unreadable(request, e, level == levels ? reasons.topAccess : reasons.access);
      }
      rights = format.rights(entry, rights);
      if ((entry & wanted) == 0) {
        if (!format.isPresent(entry)) {
          sink.absent(iova, level);
        }
        return faults.blocked(
            request, request.access() == Access.READ ? reasons.noRead : reasons.noWrite);
      }
      if (format.reservedBits(entry, level) != 0) {
        return faults.blocked(request, reasons.reserved);
      }
      if (format.unsettledBits(entry, level) != 0) {
        long at = PageTable.entryAddress(table, PageTable.index(iova, level));
        return new Outcome.Unknown(at, format.unsettled(entry, level));
      }
      table = format.target(entry);
      if (format.isLeaf(entry, level)) {
        sink.leaf(iova, level, table, format.permissions(rights));
        return reached(request, table | PageTable.offset(iova, level), faults);
      }
    }
  }

  private Outcome reached(Request request, long physical, Faults faults) {
    return InterruptWindow.contains(physical)
        ? faults.blocked(request, reasons.interruptRange)
        : new Outcome.Reached(physical);
  }

  private static long wanted(Access access) {
    return switch (access) {
      case READ -> SecondLevelEntry.R.mask();
      case WRITE -> SecondLevelEntry.W.mask();
    };
  }
}
