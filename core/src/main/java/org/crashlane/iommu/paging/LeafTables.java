// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import org.crashlane.iommu.MappingRun;
import org.crashlane.iommu.Permissions;

/**
 * Goes through tables of level 1, where nearly all entries of a walk are.
 *
 * <p>Where every page is a run of its own, the loop over the entries is all that counts. So what is
 * gathered is in locals, an entry that has its rights from the one before is not judged again, and
 * only what may run on from another table goes by way of {@link MappingRun#add} (JDK 25: a run told
 * in three quarters of the time that it took by way of there).
 */
final class LeafTables {

  /** Who goes on where an entry is met that gives rights, but is no plain leaf. */
  interface Rest {
    void entries(long[] page, int from, long table, long iovaFirst, long rightsAbove);
  }

  private final EntryFormat format;
  private final MappingRun run;
  private final Rest rest;

  LeafTables(EntryFormat format, MappingRun run, Rest rest) {
    this.format = format;
    this.run = run;
    this.rest = rest;
  }

  /**
   * Adds what a table maps.
   *
   * @param page its entries
   * @param table where it is
   * @param iovaFirst the first IOVA it serves
   * @param rightsAbove what the levels above leave
   */
  void walk(long[] page, long table, long iovaFirst, long rightsAbove) {
    if (format.isOneLeafRun(page, rightsAbove)) {
      Permissions permissions = permissions(page[0], rightsAbove);
      run.add(iovaFirst, PageTable.entrySpanBytes(2), format.target(page[0]), permissions);
      return;
    }
    if (format.isOdd(page[0], rightsAbove)) {
      rest.entries(page, 0, table, iovaFirst, rightsAbove);
      return;
    }
    long judging = format.judgedInLeaf(rightsAbove);
    long judged = page[0] & judging;
    Permissions permissions = permissions(page[0], rightsAbove);
    long from = iovaFirst;
    long first = format.target(page[0]);
    long next = first;
    for (int i = 0; i < PageTable.ENTRY_COUNT; i++) {
      long entry = page[i];
      long target = format.target(entry);
      if (target != next || (entry & judging) != judged) {
        long iova = iovaFirst + (long) i * PageTable.PAGE_BYTES;
        boolean changed = (entry & judging) != judged;
        if (changed && format.isOdd(entry, rightsAbove)) {
          add(from, iova, first, permissions);
          rest.entries(page, i, table, iovaFirst, rightsAbove);
          return;
        }
        endRun(iovaFirst, from, iova, first, permissions);
        from = iova;
        first = target;
        if (changed) {
          judged = entry & judging;
          permissions = permissions(entry, rightsAbove);
        }
      }
      next = target + PageTable.PAGE_BYTES;
    }
    add(from, iovaFirst + PageTable.entrySpanBytes(2), first, permissions);
  }

  private Permissions permissions(long entry, long rightsAbove) {
    return format.permissions(format.leafRights(entry, rightsAbove));
  }

  private void add(long from, long end, long physical, Permissions permissions) {
    if (permissions != Permissions.NONE) {
      run.add(from, end - from, physical, permissions);
    }
  }

  /** Ends a run within its table; one at the beginning may have begun in the table before. */
  private void endRun(long iovaFirst, long from, long end, long physical, Permissions permissions) {
    if (from == iovaFirst) {
      add(from, end, physical, permissions);
      run.end();
    } else if (permissions != Permissions.NONE) {
      run.tell(from, end - from, physical, permissions);
    }
  }
}
