// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import org.crashlane.bits.Hex;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Malformation.Kind;
import org.crashlane.iommu.MappingRun;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/** One walk: the table is read a page at a time, and nothing is allocated for an entry. */
final class TableWalk {
  private static final int PAGE_ENTRY_COUNT = Tce.PAGE_BYTES / Tce.BYTES;

  private final PhysicalMemory memory;
  private final WalkLimits limits;
  private final TceTable table;
  private final WalkVisitor visitor;
  private final MappingRun run;
  private final long[] page = new long[PAGE_ENTRY_COUNT];
  private int malformationCount;

  TableWalk(PhysicalMemory memory, WalkLimits limits, TceTable table, WalkVisitor visitor) {
    this.memory = memory;
    this.limits = limits;
    this.table = table;
    this.visitor = visitor;
    this.run = new MappingRun(visitor);
  }

  /** Walks from the first entry; to be called once. */
  void walk() {
    for (int first = 0; first < table.size().entryCount(); first += PAGE_ENTRY_COUNT) {
      long iova = (long) first * Tce.PAGE_BYTES;
      long address = table.entryAddress(iova);
      try {
        memory.readLongs(address, page, PAGE_ENTRY_COUNT);
      } catch (UnreadableMemoryException e) {
        String reason = e.reason() + ": the table page at " + Hex.of(address);
        malformed(address, 0, iova, PAGE_ENTRY_COUNT, Kind.UNREADABLE, reason);
        continue;
      }
      visitor.tablePage(address, 1);
      entries(iova);
    }
    run.end();
  }

  private void entries(long iovaFirst) {
    for (int i = 0; i < PAGE_ENTRY_COUNT; i++) {
      if (page[i] == Tce.FREE) {
        continue;
      }
      long tce = Tce.fromMemory(page[i]);
      long iova = iovaFirst + (long) i * Tce.PAGE_BYTES;
      if (Tce.R.isSet(tce) || Tce.W.isSet(tce)) {
        run.add(iova, Tce.PAGE_BYTES, Tce.target(tce), Tce.permissions(tce));
      } else {
        malformed(
            table.entryAddress(iova), tce, iova, 1, Kind.RESERVED, "not zero, without a right");
      }
    }
  }

  private void malformed(long at, long raw, long iova, int entryCount, Kind kind, String reason) {
    malformationCount++;
    if (malformationCount < limits.malformationCount()) {
      long iovaLast = iova + (long) entryCount * Tce.PAGE_BYTES - 1;
      visitor.malformed(new Malformation(at, raw, iova, iovaLast, kind, reason));
    } else if (malformationCount == limits.malformationCount()) {
      visitor.malformed(
          new Malformation(at, raw, iova, Kind.BOUND, "more malformations than are listed"));
    }
  }
}
