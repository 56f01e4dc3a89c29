// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.iommu.TableId;
import org.crashlane.memory.UnreadableMemoryException;

/** Where a scalable-mode context entry sends requests without a PASID. */
sealed interface PasidRoute {

  /**
   * Through second-level tables.
   *
   * @param suppressed true if an FPD bit on the way keeps faults from being recorded
   */
  record SecondLevel(TableId table, int domainId, boolean suppressed) implements PasidRoute {}

  /**
   * Through first-level tables.
   *
   * @param privilege whose rights requests have there
   */
  record FirstLevel(
      TableId table, int domainId, PageTableFormat.Privilege privilege, boolean suppressed)
      implements PasidRoute {}

  /**
   * Through first-level tables and then second-level tables, which is not followed here.
   *
   * @param entryAddress physical address of the PASID table entry
   */
  record Nested(long entryAddress) implements PasidRoute {}

  /** Untranslated. */
  record PassThrough(int domainId) implements PasidRoute {}

  /** Nowhere. */
  record Broken(FaultReason reason, boolean suppressed) implements PasidRoute {}

  /**
   * Not known: a table on the way cannot be read.
   *
   * @param reason what hardware would say if it could not read it either
   */
  record Unreadable(UnreadableMemoryException cause, FaultReason reason, boolean suppressed)
      implements PasidRoute {}
}
