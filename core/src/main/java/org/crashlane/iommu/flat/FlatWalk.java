// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.flat;

import java.util.Arrays;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Malformation.Kind;
import org.crashlane.iommu.MappingRun;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/** One walk over a flat table. */
final class FlatWalk {
  private static final long[] ZEROS = new long[Geometry.PAGE_BYTES_MIN / Long.BYTES];

  private final FlatTable table;
  private final FlatFormat format;
  private final PhysicalMemory memory;
  private final WalkLimits limits;
  private final WalkVisitor visitor;
  private final MappingRun run;
  private final long[] page = new long[ZEROS.length];
  private final int entriesPerWord;
  private final int entriesPerPage;

  /** True if zeros are free entries: most of a table is mostly that, and is passed over. */
  private final boolean zerosAreFree;

  private long malformationCount;

  FlatWalk(FlatTable table, PhysicalMemory memory, WalkLimits limits, WalkVisitor visitor) {
    this.table = table;
    this.format = table.format();
    this.memory = memory;
    this.limits = limits;
    this.visitor = visitor;
    this.run = new MappingRun(visitor);
    this.entriesPerWord = Long.BYTES / format.entryBytes();
    this.entriesPerPage = page.length * entriesPerWord;
    this.zerosAreFree = format.use(format.fromMemory(0)) == FlatFormat.Use.FREE;
  }

  /** Walks from the first entry; to be called once. */
  void walk() {
    long pageCount = 0;
    for (int first = 0; first < table.entryCount(); first += entriesPerPage) {
      if (pageCount++ == limits.tablePageCount()) {
        Reason reason = Reason.of(TableFact.PAGE_LIMIT, new Reason.At(table.entryAddress(first)));
        malformed(first, table.entryCount() - 1, 0, Kind.BOUND, reason);
        break;
      }
      tablePage(first);
    }
    run.end();
  }

  /** Reads the page of the table that begins with entry {@code first}. */
  private void tablePage(int first) {
    long address = table.entryAddress(first);
    try {
      memory.readLongs(address, page, page.length);
    } catch (UnreadableMemoryException e) {
      Reason reason =
          Reason.of(TableFact.TABLE, new Reason.At(address), new Reason.Because(e.absence()));
      malformed(first, first + entriesPerPage - 1, 0, Kind.UNREADABLE, reason);
      return;
    }
    visitor.tablePage(address, (long) page.length * Long.BYTES, 1);
    if (zerosAreFree && Arrays.equals(page, ZEROS)) {
      return;
    }
    for (int word = 0; word < page.length; word++) {
      word(first + word * entriesPerWord, page[word]);
    }
  }

  /** Looks at the entries of a word, of which {@code first} is the first. */
  private void word(int first, long word) {
    for (int index = first; index < first + entriesPerWord; index++) {
      long entry = table.entry(word, index);
      switch (format.use(entry)) {
        case FREE -> {
          // Maps nothing.
        }
        case MAPS -> mapping(index, entry);
        case MAPS_WITH_RESERVED_BITS -> {
          malformed(index, index, entry, Kind.RESERVED, format.wrong(entry));
          mapping(index, entry);
        }
        case WRONG -> malformed(index, index, entry, Kind.RESERVED, format.wrong(entry));
      }
    }
  }

  private void mapping(int index, long entry) {
    run.add(
        table.iovaOf(index), format.pageBytes(), format.target(entry), format.permissions(entry));
  }

  private void malformed(int first, int last, long raw, Kind kind, Reason reason) {
    malformationCount++;
    long at = table.entryAddress(first);
    long iova = table.iovaOf(first);
    if (malformationCount < limits.malformationCount()) {
      long iovaLast = table.iovaOf(last) + format.pageBytes() - 1;
      visitor.malformed(new Malformation(at, raw, iova, iovaLast, kind, reason));
    } else if (malformationCount == limits.malformationCount()) {
      visitor.malformed(
          new Malformation(at, raw, iova, Kind.BOUND, Reason.of(TableFact.MORE_MALFORMATIONS)));
    }
  }
}
