// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.amdvi.PageTableEntry;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.mode.paging.DriverTables;

/**
 * How Linux's driver writes host page tables ({@code alloc_pte}, {@code iommu_v1_map_pages} of
 * Linux 6.0, drivers/iommu/amd/io_pgtable.c), by leaves of 4 KiB.
 *
 * <p>What is there already it replaces without a word: a leaf by the new one, and a large leaf by
 * an empty table, so that all else that the leaf mapped is gone. Unmapping takes a large leaf out
 * whole.
 */
final class HostTables extends DriverTables {
  private static final int PAGE = PageTableEntry.NEXT_LEVEL_PAGE;
  private static final int SIZED_PAGE = PageTableEntry.NEXT_LEVEL_SIZED_PAGE;

  private final long encryptionMask;

  /**
   * @param encryptionMask the address bit that the driver sets in every word, as the memory that it
   *     leads to is encrypted ({@code iommu_virt_to_phys}, {@code __sme_set}); or 0
   */
  HostTables(long encryptionMask) {
    this.encryptionMask = encryptionMask;
  }

  @Override
  protected long leaf(long physical, Permissions permissions) {
    return PageTableEntry.leaf(physical | encryptionMask, permissions);
  }

  @Override
  protected long table(int level, long address) {
    return PageTableEntry.table(address | encryptionMask, level);
  }

  @Override
  protected boolean leadsOn(long entry) {
    return PageTableEntry.PR.isSet(entry) && !isLeaf(entry);
  }

  private static boolean isLeaf(long entry) {
    long next = PageTableEntry.NEXT_LEVEL.get(entry);
    return next == PAGE || next == SIZED_PAGE;
  }

  @Override
  protected long target(long entry) {
    return PageTableEntry.ADDR.inPlace(entry) & ~encryptionMask;
  }

  @Override
  protected Result writeLeaf(WritableMemory memory, long at, long leaf) {
    boolean present = PageTableEntry.PR.isSet(memory.readLong(at));
    memory.writeLong(at, leaf);
    return present ? Result.REPLACED : Result.MAPPED;
  }

  @Override
  protected boolean isClearedWhole(long entry) {
    return PageTableEntry.PR.isSet(entry) && isLeaf(entry);
  }
}
