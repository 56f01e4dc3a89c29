// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.BitField;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.Faults;
import org.crashlane.iommu.paging.PageTable;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * One request's way through first-level tables. Other than in the second level, an entry says
 * whether it is present, and rights are judged behind the last level.
 */
final class FirstLevelWalk {
  private final PhysicalMemory memory;
  private final PageTableFormat format;

  FirstLevelWalk(PhysicalMemory memory, UnitConfig config) {
    this.memory = memory;
    this.format = PageTableFormat.firstLevel(config);
  }

  Outcome translate(Request request, PasidRoute.FirstLevel route, Faults faults) {
    long iova = request.iova();
    int levels = route.table().levels();
    if (!isCanonical(iova, PageTable.addressWidth(levels))) {
      return faults.blocked(request, FaultReason.NOT_CANONICAL);
    }
    long table = route.table().root();
    long everywhere = -1;
    for (int level = levels; ; level--) {
      long entry;
      try {
        entry = memory.readLong(PageTable.entryAddress(table, PageTable.index(iova, level)));
      } catch (UnreadableMemoryException e) {
        FaultReason reason =
            level == levels ? FaultReason.FIRST_LEVEL_TOP_ACCESS : FaultReason.FIRST_LEVEL_ACCESS;
        return faults.unreadable(request, e, reason);
      }
      if (!format.isPresent(entry)) {
        return faults.blocked(request, FaultReason.FIRST_LEVEL_NOT_PRESENT);
      }
      if (format.reservedBits(entry, level) != 0) {
        return faults.blocked(request, FaultReason.FIRST_LEVEL_RESERVED);
      }
      everywhere &= entry;
      if (format.isLeaf(entry, level)) {
        long physical = format.physical(entry, level, iova);
        return judge(request, route, everywhere, physical, faults);
      }
      table = format.target(entry);
    }
  }

  private static Outcome judge(
      Request request, PasidRoute.FirstLevel route, long everywhere, long physical, Faults faults) {
    if (!route.privileged() && !FirstLevelEntry.US.isSet(everywhere)) {
      return faults.blocked(request, FaultReason.USER_PRIVILEGE);
    }
    boolean rightNeeded = !route.privileged() || route.writeProtect();
    if (request.access() == Access.WRITE && rightNeeded && !FirstLevelEntry.RW.isSet(everywhere)) {
      return faults.blocked(request, FaultReason.SCALABLE_NO_WRITE);
    }
    return InterruptWindow.contains(physical)
        ? faults.blocked(request, FaultReason.SCALABLE_INTERRUPT_RANGE)
        : new Outcome.Reached(physical);
  }

  /** {@return true if all bits from the highest of {@code width} up are the same} */
  private static boolean isCanonical(long address, int width) {
    long above = address & ~BitField.lowMask(width - 1);
    return above == 0 || above == ~BitField.lowMask(width - 1);
  }
}
