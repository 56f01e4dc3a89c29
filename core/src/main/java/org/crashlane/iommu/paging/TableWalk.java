// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.Arrays;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Malformation.Kind;
import org.crashlane.iommu.MappingRun;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableFact;
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

  private final TableId table;
  private final Geometry geometry;
  private final long[][] pages;
  private final long[] way;
  private final VisitCounts visits = new VisitCounts();
  private final MappingRun run;
  private final LeafTables leafTables;

  private long tablePageCount;
  private int malformationCount;

  TableWalk(
      PhysicalMemory memory, Paging paging, WalkLimits limits, TableId table, WalkVisitor visitor) {
    this.memory = memory;
    this.format = paging.format();
    this.table = table;
    this.geometry = table.geometry();
    this.pages = new long[geometry.levels() + 1][];
    this.way = new long[geometry.levels() + 1];
    this.limits = limits;
    this.reach = paging.reach(geometry);
    this.visitor = visitor;
    this.run = new MappingRun(visitor, reach.last());
    this.leafTables = new LeafTables(format, geometry, run, this::leafEntries);
  }

  /** Walks from the top; to be called once. */
  void walk() {
    for (int level = 1; level <= geometry.levels(); level++) {
      pages[level] = new long[geometry.entryCount(level)];
    }
    descend(table.root(), geometry.levels(), 0, Permissions.READ_WRITE, table.root(), 0);
    run.end();
  }

  /**
   * Walks the table at {@code at}, which serves the IOVAs from {@code iova} on.
   *
   * @param rights what the levels above leave
   * @param from physical address of the entry that points here
   * @param raw that entry
   */
  private void descend(long at, int level, long iova, Permissions rights, long from, long raw) {
    if (visitor.isEnough()) {
      return;
    }
    long last = iova + pages[level].length * geometry.entrySpanBytes(level) - 1;
    if (isOnTheWay(at, level)) {
      malformed(from, raw, iova, last, Kind.CYCLE, reason(TableFact.CYCLE, at));
    }
    if (tablePageCount == limits.tablePageCount()) {
      malformed(from, raw, iova, reach.last(), Kind.BOUND, reason(TableFact.PAGE_LIMIT, at));
      return;
    }
    if (visits.visit(at) > limits.visitsPerTablePage()) {
      malformed(from, raw, iova, last, Kind.BOUND, reason(TableFact.VISITED_TOO_OFTEN, at));
      return;
    }
    long[] page = pages[level];
    try {
      memory.readLongs(at, page, page.length);
    } catch (UnreadableMemoryException e) {
      Reason reason =
          Reason.of(TableFact.TABLE, new Reason.At(at), new Reason.Because(e.absence()));
      malformed(from, raw, iova, last, Kind.UNREADABLE, reason);
      return;
    }
    tablePageCount++;
    way[level] = at;
    visitor.tablePage(at, (long) page.length * Geometry.ENTRY_BYTES, level);
    if (level == 1) {
      leafTables.walk(page, at, iova, rights);
    } else {
      entries(page, 0, at, level, iova, rights);
    }
  }

  private boolean isOnTheWay(long at, int level) {
    for (int above = level + 1; above <= geometry.levels(); above++) {
      if (way[above] == at) {
        return true;
      }
    }
    return false;
  }

  private void leafEntries(long[] page, int from, long at, long iovaFirst, Permissions rights) {
    entries(page, from, at, 1, iovaFirst, rights);
  }

  private void entries(
      long[] page, int from, long at, int level, long iovaFirst, Permissions rightsAbove) {
    long span = geometry.entrySpanBytes(level);
    for (int i = from; i < page.length; i++) {
      long entry = page[i];
      Permissions rights = rightsAbove.and(format.rights(entry, level));
      long iova = iovaFirst + i * span;
      if (rights == Permissions.NONE || !reach.contains(iova)) {
        continue;
      }
      long entryAt = Geometry.entryAddress(at, i);
      switch (format.kind(page, i, level)) {
        case EMPTY -> {
          // Maps nothing.
        }
        case TABLE -> {
          int nextLevel = format.nextLevel(entry, level);
          Arrays.fill(way, nextLevel, level, NOT_ON_THE_WAY);
          descend(format.target(entry), nextLevel, iova, rights, entryAt, entry);
        }
        case LEAF -> run.add(iova, span, format.physical(entry, level, iova), rights);
        case WRONG -> {
          Reason reason = format.reason(entry, level);
          malformed(entryAt, entry, iova, iova + span - 1, Kind.RESERVED, reason);
        }
        case UNSETTLED -> {
          Reason reason = format.reason(page, i, level);
          malformed(entryAt, entry, iova, iova + span - 1, Kind.UNSETTLED, reason);
        }
      }
    }
  }

  private static Reason reason(TableFact what, long table) {
    return Reason.of(what, new Reason.At(table));
  }

  private void malformed(long at, long raw, long iova, long iovaLast, Kind kind, Reason reason) {
    malformationCount++;
    if (malformationCount < limits.malformationCount()) {
      visitor.malformed(new Malformation(at, raw, iova, iovaLast, kind, reason));
    } else if (malformationCount == limits.malformationCount()) {
      visitor.malformed(
          new Malformation(
              at, raw, iova, reach.last(), Kind.BOUND, Reason.of(TableFact.MORE_MALFORMATIONS)));
    }
  }
}
