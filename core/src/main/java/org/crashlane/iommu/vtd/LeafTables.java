// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

/**
 * Goes through tables of level 1, where nearly all entries of a walk are.
 *
 * <p>Where every page is a run of its own, the loop over the entries is all that counts. So what is
 * gathered is in locals, an entry that has its rights and reserved bits from the one before is not
 * judged again, and only what may run on from another table goes by way of {@link MappingRun#add}
 * (JDK 25: a run told in three quarters of the time that it took by way of there).
 */
final class LeafTables {

  /** Who is told of entries that would map a page but for their reserved bits. */
  interface Spoiled {
    void reserved(long table, int index, long entry, int level, long iova);
  }

  private final PageTableFormat format;
  private final MappingRun run;
  private final Spoiled spoiled;

  LeafTables(PageTableFormat format, MappingRun run, Spoiled spoiled) {
    this.format = format;
    this.run = run;
    this.spoiled = spoiled;
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
      long rights = format.leafRights(page[0], rightsAbove);
      run.add(iovaFirst, PageTable.entrySpanBytes(2), format.target(page[0]), rights);
      return;
    }
    long judging = format.judgedInLeaf(rightsAbove);
    long judged = page[0] & judging;
    long rights = format.leafRights(page[0], rightsAbove);
    long from = iovaFirst;
    long first = format.target(page[0]);
    long next = first;
    for (int i = 0; i < PageTable.ENTRY_COUNT; i++) {
      long entry = page[i];
      long target = format.target(entry);
      long iova = iovaFirst + (long) i * PageTable.PAGE_BYTES;
      if (target != next || (entry & judging) != judged) {
        endRun(iovaFirst, from, iova, first, rights);
        from = iova;
        first = target;
        if ((entry & judging) != judged) {
          judged = entry & judging;
          rights = format.leafRights(entry, rightsAbove);
        }
      }
      if (rights == 0 && format.isSpoiledLeaf(entry, rightsAbove)) {
        spoiled.reserved(table, i, entry, 1, iova);
      }
      next = target + PageTable.PAGE_BYTES;
    }
    if (rights != 0) {
      run.add(from, iovaFirst + PageTable.entrySpanBytes(2) - from, first, rights);
    }
  }

  /** Ends a run within its table; one at the beginning may have begun in the table before. */
  private void endRun(long iovaFirst, long from, long end, long physical, long rights) {
    if (from == iovaFirst) {
      if (rights != 0) {
        run.add(from, end - from, physical, rights);
      }
      run.end();
    } else if (rights != 0) {
      run.tell(from, end - from, physical, rights);
    }
  }
}
