// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.Arrays;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;

/** Looks for mappings that let a device write one of a set of pages. */
final class WriteCheck implements WalkVisitor {
  private final long[] sortedPages;
  private final AuditBudget budget;
  private final Examples<Mapping> writing = new Examples<>();

  /**
   * @param sortedPages physical addresses of the pages, rising
   * @param budget what this walk and all others like it may cost
   */
  WriteCheck(long[] sortedPages, AuditBudget budget) {
    this.sortedPages = sortedPages;
    this.budget = budget;
  }

  @Override
  public void mapping(long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
    budget.mapping();
    if (!permissions.allows(Access.WRITE)) {
      return;
    }
    int at = Arrays.binarySearch(sortedPages, physicalFirst);
    int next = at >= 0 ? at : -at - 1;
    long physicalLast = physicalFirst + (iovaLast - iovaFirst);
    if (next < sortedPages.length && sortedPages[next] <= physicalLast) {
      AddressRange iova = new AddressRange(iovaFirst, iovaLast);
      writing.add(new Mapping(iova, physicalFirst, permissions), iova.sizeBytes());
    }
  }

  @Override
  public void malformed(Malformation malformation) {
    // told by the audit of the same table
  }

  @Override
  public void tablePage(long address, long sizeBytes, int level) {
    budget.table(address, sizeBytes);
  }

  @Override
  public boolean isEnough() {
    return budget.isSpent();
  }

  /** {@return the mappings found} */
  Examples<Mapping> writing() {
    return writing;
  }
}
