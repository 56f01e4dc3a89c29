// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.Arrays;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.memory.WritableMemory;

/** Writes a mapping that a survey found free: tables below an entry first, the entry last. */
final class MappingWriter implements RangeDescent.Visitor {
  private final WritableMemory memory;
  private final EntryFormat format;
  private final Geometry geometry;
  private final LeafSizes sizes;
  private final Mapping wanted;
  private final long[] newPages;
  private final long[][] pages;
  private int usedCount;

  /**
   * @param newPages where new tables go, as many as the survey counted
   */
  MappingWriter(
      WritableMemory memory,
      EntryFormat format,
      Geometry geometry,
      Mapping wanted,
      long[] newPages) {
    this.memory = memory;
    this.format = format;
    this.geometry = geometry;
    this.pages = new long[geometry.levels()][geometry.pageBytes() / Geometry.ENTRY_BYTES];
    this.sizes = new LeafSizes(format, geometry, wanted);
    this.wanted = wanted;
    this.newPages = newPages;
  }

  @Override
  public void absent(long entryAddress, int level, long first, long last, Permissions rights) {
    memory.writeLong(entryAddress, entry(level, first, last));
  }

  @Override
  public void mapped(
      long entryAddress, long entry, int level, long first, long last, Permissions rights) {
    // As wanted: the survey refuses all else.
  }

  @Override
  public void impassable(long entryAddress, Reason reason) {
    throw new IllegalStateException(
        "tables changed while they were written: entry at %s: %s"
            .formatted(Hex.of(entryAddress), reason.names()));
  }

  /** {@return an entry at {@code level} for these IOVAs, all tables below it written} */
  private long entry(int level, long first, long last) {
    if (sizes.fits(level, first, last)) {
      return format.leaf(first, sizes.physical(first), level, wanted.permissions());
    }
    long table = level - 1 == 1 ? writeLeaves(first, last) : writeTables(level - 1, first, last);
    return format.table(table, level - 1);
  }

  private long writeLeaves(long first, long last) {
    long table = newPages[usedCount++];
    int from = geometry.index(first, 1);
    int behind = geometry.index(last, 1) + 1;
    writeAbsent(table, 0, from);
    writeRun(Geometry.entryAddress(table, from), first, behind - from);
    writeAbsent(table, behind, geometry.entryCount(1));
    return table;
  }

  /** Writes leaves for page after page; where an address carries in its entry, by parts. */
  private void writeRun(long entryAddress, long first, int count) {
    int pageBytes = geometry.pageBytes();
    long expected = leaf(first) + (long) (count - 1) * pageBytes;
    if (leaf(first + (long) (count - 1) * pageBytes) == expected) {
      memory.writeRising(entryAddress, leaf(first), pageBytes, count);
    } else {
      int half = count / 2;
      writeRun(entryAddress, first, half);
      long rest = entryAddress + (long) half * Geometry.ENTRY_BYTES;
      writeRun(rest, first + (long) half * pageBytes, count - half);
    }
  }

  private long leaf(long iova) {
    return format.leaf(iova, sizes.physical(iova), 1, wanted.permissions());
  }

  private void writeAbsent(long table, int from, int behind) {
    if (from < behind) {
      memory.writeRising(Geometry.entryAddress(table, from), 0, 0, behind - from);
    }
  }

  private long writeTables(int level, long first, long last) {
    long[] page = pages[level];
    Arrays.fill(page, 0);
    for (long from = first; from - 1 != last; ) {
      long to = geometry.lastOfPart(from, level, last);
      page[geometry.index(from, level)] = entry(level, from, to);
      from = to + 1;
    }
    long table = newPages[usedCount++];
    memory.writeLongs(table, page, page.length);
    return table;
  }
}
