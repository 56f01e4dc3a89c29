// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.Arrays;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Malformation.Kind;
import org.crashlane.iommu.MappingRun;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.VisitCounts;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * One walk. Tables are read a page at a time into one buffer for each level; memory is taken for
 * table pages seen the first time and for malformations, never for entries.
 */
final class TableWalk {
  /** No table lies here: its first byte is the last there is. */
  private static final long NOT_ON_THE_WAY = -1;

  private final PhysicalMemory memory;
  private final EntryFormat format;
  private final WalkLimits limits;
  private final AddressRange reach;
  private final WalkVisitor visitor;

  private final long[][] pages = new long[PageTable.LEVELS_MAX + 1][];
  private final long[] way = new long[PageTable.LEVELS_MAX + 1];
  private final VisitCounts visits = new VisitCounts();
  private final MappingRun run;
  private final LeafTables leafTables;

  private int topLevel;
  private long tablePageCount;
  private int malformationCount;

  TableWalk(
      PhysicalMemory memory,
      EntryFormat format,
      WalkLimits limits,
      AddressRange reach,
      WalkVisitor visitor) {
    this.memory = memory;
    this.format = format;
    this.limits = limits;
    this.reach = reach;
    this.visitor = visitor;
    this.run = new MappingRun(visitor, reach.last());
    this.leafTables = new LeafTables(format, run, this::leafEntries);
  }

  /** Walks from the top; to be called once. */
  void walk(TableId table) {
    topLevel = table.levels();
    for (int level = 1; level <= topLevel; level++) {
      pages[level] = new long[PageTable.ENTRY_COUNT];
    }
    descend(table.root(), topLevel, 0, format.allRights(), table.root(), 0);
    run.end();
  }

  /**
   * Walks the table at {@code table}, which serves the IOVAs from {@code iova} on.
   *
   * @param rights what the levels above leave
   * @param from physical address of the entry that points here
   * @param raw that entry
   */
  private void descend(long table, int level, long iova, long rights, long from, long raw) {
    if (visitor.isEnough()) {
      return;
    }
    long last = iova + PageTable.ENTRY_COUNT * PageTable.entrySpanBytes(level) - 1;
    if (isOnTheWay(table, level)) {
      malformed(
          from, raw, iova, last, Kind.CYCLE, "points back to a table above it, " + Hex.of(table));
    }
    if (tablePageCount == limits.tablePageCount()) {
      long end = reach.last();
      malformed(
          from,
          raw,
          iova,
          end,
          Kind.BOUND,
          "walk ended at its limit of table pages before " + Hex.of(table));
      return;
    }
    if (visits.visit(table) > limits.visitsPerTablePage()) {
      malformed(
          from, raw, iova, last, Kind.BOUND, "visited too often: the table at " + Hex.of(table));
      return;
    }
    long[] page = pages[level];
    try {
      memory.readLongs(table, page, PageTable.ENTRY_COUNT);
    } catch (UnreadableMemoryException e) {
      malformed(
          from, raw, iova, last, Kind.UNREADABLE, e.reason() + ": the table at " + Hex.of(table));
      return;
    }
    tablePageCount++;
    way[level] = table;
    visitor.tablePage(table, level);
    if (level == 1) {
      leafTables.walk(page, table, iova, rights);
    } else {
      entries(page, 0, table, level, iova, rights);
    }
  }

  private boolean isOnTheWay(long table, int level) {
    for (int above = level + 1; above <= topLevel; above++) {
      if (way[above] == table) {
        return true;
      }
    }
    return false;
  }

  private void leafEntries(long[] page, int from, long table, long iovaFirst, long rights) {
    entries(page, from, table, 1, iovaFirst, rights);
  }

  private void entries(
      long[] page, int from, long table, int level, long iovaFirst, long rightsAbove) {
    long span = PageTable.entrySpanBytes(level);
    int count = PageTable.entryCount(level);
    for (int i = from; i < count; i++) {
      long entry = page[i];
      long rights = format.rights(entry, rightsAbove);
      long iova = iovaFirst + i * span;
      if (!format.isPresent(entry) || rights == 0 || !reach.contains(iova)) {
        continue;
      }
      long at = PageTable.entryAddress(table, i);
      if (format.reservedBits(entry, level) != 0) {
        malformed(at, entry, iova, iova + span - 1, Kind.RESERVED, format.wrong(entry, level));
        continue;
      }
      int nextLevel = format.nextLevel(entry, level);
      if (nextLevel == 0 && !format.isWhole(page, i, level)) {
        String reason = RangeDescent.NOT_WHOLE + Hex.of(format.leafBytes(entry, level));
        malformed(at, entry, iova, iova + span - 1, Kind.UNSETTLED, reason);
      } else if (nextLevel == 0 && format.unsettledBits(entry, level) != 0) {
        String reason = format.unsettled(entry, level);
        malformed(at, entry, iova, iova + span - 1, Kind.UNSETTLED, reason);
      } else if (nextLevel == 0) {
        run.add(iova, span, format.physical(entry, level, iova), format.permissions(rights));
      } else {
        Arrays.fill(way, nextLevel, level, NOT_ON_THE_WAY);
        descend(format.target(entry), nextLevel, iova, rights, at, entry);
      }
    }
  }

  private void malformed(long at, long raw, long iova, long iovaLast, Kind kind, String reason) {
    malformationCount++;
    if (malformationCount < limits.malformationCount()) {
      visitor.malformed(new Malformation(at, raw, iova, iovaLast, kind, reason));
    } else if (malformationCount == limits.malformationCount()) {
      visitor.malformed(
          new Malformation(
              at, raw, iova, reach.last(), Kind.BOUND, "more malformations than are listed"));
    }
  }
}
