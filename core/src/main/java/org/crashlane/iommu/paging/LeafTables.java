// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.MappingRun;
import org.crashlane.iommu.Permissions;

/**
 * Goes through tables of level 1, where nearly all entries of a walk are.
 *
 * <p>Where every page is a run of its own, the loop over the entries is all that counts. So what is
 * gathered is in locals, an entry whose judged bits are those of the one before is not judged
 * again, and only what may run on from another table goes through {@link MappingRun#add} (JDK 25: a
 * run reported in three quarters of the time that it took by way of there).
 */
final class LeafTables {

  /** Goes on where an entry is met that gives rights, but is no plain leaf. */
  interface Rest {
    void entries(long[] page, int from, long table, long iovaFirst, Permissions rightsAbove);
  }

  private final EntryFormat format;
  private final int pageBytes;
  private final int pageBits;
  private final MappingRun run;
  private final Rest rest;

  LeafTables(EntryFormat format, Geometry geometry, MappingRun run, Rest rest) {
    this.format = format;
    this.pageBytes = geometry.pageBytes();
    this.pageBits = geometry.granuleBits();
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
  void walk(long[] page, long table, long iovaFirst, Permissions rightsAbove) {
    long sizeBytes = (long) page.length * pageBytes;
    Permissions permissions = permissions(page[0], rightsAbove);
    if (isOdd(page[0], permissions)) {
      rest.entries(page, 0, table, iovaFirst, rightsAbove);
      return;
    }
    long address = format.address();
    long first = page[0] & address;
    if (permissions != Permissions.NONE
        && format.areAlike(page[0], page[page.length - 1])
        && LeafRun.fills(page, pageBits)) {
      run.add(iovaFirst, sizeBytes, first, permissions);
      return;
    }
    // In locals: the calls to the visitor would have fields read again for each entry.
    int ownPageBytes = pageBytes;
    long judging = format.judged();
    long judged = page[0] & judging;
    long from = iovaFirst;
    long next = first;
    for (int i = 0; i < page.length; i++) {
      long entry = page[i];
      long target = entry & address;
      if (target != next || (entry & judging) != judged) {
        long iova = iovaFirst + (long) i * ownPageBytes;
        Permissions before = permissions;
        if ((entry & judging) != judged) {
          judged = entry & judging;
          permissions = permissions(entry, rightsAbove);
          if (isOdd(entry, permissions)) {
            add(from, iova, first, before);
            rest.entries(page, i, table, iovaFirst, rightsAbove);
            return;
          }
        }
        if (target != next || permissions != before) {
          endRun(iovaFirst, from, iova, first, before);
          from = iova;
          first = target;
        }
      }
      next = target + ownPageBytes;
    }
    add(from, iovaFirst + sizeBytes, first, permissions);
  }

  private Permissions permissions(long entry, Permissions rightsAbove) {
    return rightsAbove.and(format.rights(entry, 1));
  }

  /** {@return true if an entry gives rights, but not as a plain leaf does} */
  private boolean isOdd(long entry, Permissions permissions) {
    return permissions != Permissions.NONE && !format.isPlainLeaf(entry);
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
