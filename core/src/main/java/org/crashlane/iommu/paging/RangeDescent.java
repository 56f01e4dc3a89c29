// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import org.crashlane.bits.Reason;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.VisitCounts;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/** Goes through the entries that serve a range of IOVAs, in order, and reports what is there. */
final class RangeDescent {

  /** Receives what is there. Parts of the range are given by their first and last IOVA. */
  interface Visitor {

    /**
     * Nothing is mapped here.
     *
     * @param entryAddress where an entry is to be written
     * @param level the level of that entry
     * @param rights what the levels above leave
     */
    void absent(long entryAddress, int level, long first, long last, Permissions rights);

    /**
     * A leaf is here.
     *
     * @param entryAddress where
     * @param entry the leaf
     * @param rights those that all levels leave
     */
    void mapped(
        long entryAddress, long entry, int level, long first, long last, Permissions rights);

    /** What is here cannot be gone through; reported once, at the first such place. */
    void impassable(long entryAddress, Reason reason);
  }

  private final PhysicalMemory memory;
  private final EntryFormat format;
  private final TableId table;
  private final Geometry geometry;
  private final Visitor visitor;
  private final VisitCounts visits = new VisitCounts();
  private final long[][] pages;

  RangeDescent(PhysicalMemory memory, EntryFormat format, TableId table, Visitor visitor) {
    this.memory = memory;
    this.format = format;
    this.table = table;
    this.geometry = table.geometry();
    this.visitor = visitor;
    this.pages = new long[geometry.levels() + 1][];
  }

  /** Goes through what serves {@code iovas}; to be called once. */
  void descend(AddressRange iovas) {
    for (int level = 1; level <= geometry.levels(); level++) {
      pages[level] = new long[geometry.entryCount(level)];
    }
    Permissions all = Permissions.READ_WRITE;
    through(table.root(), geometry.levels(), iovas.first(), iovas.last(), all);
  }

  private void through(long at, int level, long first, long last, Permissions rightsAbove) {
    if (visits.visit(at) > 1) {
      // What is written for one part of the range would appear in the other.
      visitor.impassable(at, Reason.of(TableFact.TWO_PARTS));
      return;
    }
    long[] page = pages[level];
    try {
      memory.readLongs(at, page, page.length);
    } catch (UnreadableMemoryException e) {
      visitor.impassable(
          at, Reason.of(TableFact.TABLE, new Reason.At(at), new Reason.Because(e.absence())));
      return;
    }
    int lastIndex = geometry.index(last, level);
    long from = first;
    for (int i = geometry.index(first, level); i <= lastIndex; i++) {
      long to = i == lastIndex ? last : geometry.lastOfEntry(from, level);
      entry(Geometry.entryAddress(at, i), page, i, level, from, to, rightsAbove);
      from = to + 1;
    }
  }

  private void entry(
      long at, long[] page, int index, int level, long first, long last, Permissions above) {
    long entry = page[index];
    switch (format.kind(page, index, level)) {
      case EMPTY -> visitor.absent(at, level, first, last, above);
      case WRONG, UNSETTLED -> visitor.impassable(at, format.reason(page, index, level));
      case LEAF ->
          visitor.mapped(at, entry, level, first, last, above.and(format.rights(entry, level)));
      case TABLE -> {
        int nextLevel = format.nextLevel(entry, level);
        if (geometry.reaches(geometry.offset(last, level), nextLevel)) {
          Permissions rights = above.and(format.rights(entry, level));
          through(format.target(entry), nextLevel, first, last, rights);
        } else {
          visitor.impassable(at, Reason.of(TableFact.SKIPPED_LEVELS));
        }
      }
    }
  }
}
