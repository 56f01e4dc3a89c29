// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import org.crashlane.bits.Hex;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.VisitCounts;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/** Goes through the entries that serve a range of IOVAs, in order, and tells what is there. */
final class RangeDescent {

  /** Who is told. Parts of the range are given by their first and last IOVA. */
  interface Visitor {

    /**
     * Nothing is mapped here.
     *
     * @param entryAddress where an entry is to be written
     * @param level the level of that entry
     * @param rights what the levels above leave
     */
    void absent(long entryAddress, int level, long first, long last, long rights);

    /**
     * A leaf is here.
     *
     * @param physical where {@code first} goes
     * @param rights ANDed over all levels
     */
    void mapped(long first, long last, long physical, long rights);

    /** What is here cannot be gone through; told once, at the first such place. */
    void impassable(long entryAddress, String reason);
  }

  /** What is wrong where the entries of one page differ; the page's size follows. */
  static final String NOT_WHOLE = "other entries differ that serve the same page, of size ";

  private final PhysicalMemory memory;
  private final EntryFormat format;
  private final Mapping wanted;
  private final Visitor visitor;
  private final VisitCounts visits = new VisitCounts();
  private final long[][] pages = new long[PageTable.LEVELS_MAX + 1][];

  RangeDescent(PhysicalMemory memory, EntryFormat format, Mapping wanted, Visitor visitor) {
    this.memory = memory;
    this.format = format;
    this.wanted = wanted;
    this.visitor = visitor;
  }

  void descend(TableId table) {
    for (int level = 1; level <= table.levels(); level++) {
      pages[level] = new long[PageTable.ENTRY_COUNT];
    }
    through(
        table.root(),
        table.levels(),
        wanted.iova().first(),
        wanted.iova().last(),
        format.allRights());
  }

  private void through(long table, int level, long first, long last, long rightsAbove) {
    if (visits.visit(table) > 1) {
      // What is written for one part of the range would appear in the other.
      visitor.impassable(table, "the table serves two parts of the range");
      return;
    }
    long[] page = pages[level];
    try {
      memory.readLongs(table, page, PageTable.ENTRY_COUNT);
    } catch (UnreadableMemoryException e) {
      visitor.impassable(table, "table cannot be read: " + e.reason());
      return;
    }
    int lastIndex = PageTable.index(last, level);
    long from = first;
    for (int i = PageTable.index(first, level); i <= lastIndex; i++) {
      long to = i == lastIndex ? last : PageTable.lastOfEntry(from, level);
      long at = PageTable.entryAddress(table, i);
      if (isPart(page, i, level)) {
        visitor.impassable(at, NOT_WHOLE + Hex.of(format.leafBytes(page[i], level)));
      } else {
        entry(at, page[i], level, from, to, rightsAbove);
      }
      from = to + 1;
    }
  }

  /** {@return true if a sound leaf is there, but not all of its page} */
  private boolean isPart(long[] page, int index, int level) {
    long entry = page[index];
    return format.isPresent(entry)
        && format.reservedBits(entry, level) == 0
        && format.isLeaf(entry, level)
        && !format.isWhole(page, index, level);
  }

  private void entry(long at, long entry, int level, long first, long last, long rightsAbove) {
    if (!format.isPresent(entry)) {
      visitor.absent(at, level, first, last, rightsAbove);
      return;
    }
    if (format.reservedBits(entry, level) != 0) {
      visitor.impassable(at, format.wrong(entry, level));
      return;
    }
    long rights = format.rights(entry, rightsAbove);
    int nextLevel = format.nextLevel(entry, level);
    if (nextLevel == 0 && format.unsettledBits(entry, level) != 0) {
      visitor.impassable(at, format.unsettled(entry, level));
    } else if (nextLevel == 0) {
      visitor.mapped(first, last, format.physical(entry, level, first), rights);
    } else if (PageTable.offset(last, level) >= PageTable.entrySpanBytes(nextLevel + 1)) {
      visitor.impassable(at, "levels are skipped that the range needs");
    } else {
      through(format.target(entry), nextLevel, first, last, rights);
    }
  }
}
