// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.Optional;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.TableId;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.memory.WritableMemory;

/**
 * Takes one range out of tables, in two passes: the first looks for what stands against it, the
 * second writes. Entries are read one by one: most ranges are a page or two of a driver's buffer.
 */
final class Unmapping {
  private final WritableMemory memory;
  private final EntryFormat format;
  private final AddressRange iovas;

  private Optional<String> refusal = Optional.empty();
  private boolean writing;
  private long leafCount;
  private long bytes;

  Unmapping(WritableMemory memory, EntryFormat format, AddressRange iovas) {
    this.memory = memory;
    this.format = format;
    this.iovas = iovas;
  }

  /** To be called once. */
  UnmapResult run(TableId table) {
    try {
      through(table.root(), table.levels(), iovas.first(), iovas.last());
    } catch (UnreadableMemoryException e) {
      return new UnmapResult.Refused(
          "a table cannot be read: " + Hex.of(e.address()) + ": " + e.reason());
    }
    if (refusal.isPresent()) {
      return new UnmapResult.Refused(refusal.get());
    }
    writing = true;
    through(table.root(), table.levels(), iovas.first(), iovas.last());
    return new UnmapResult.Unmapped(leafCount, bytes);
  }

  private void through(long table, int level, long first, long last) {
    for (long from = first; from - 1 != last && refusal.isEmpty(); ) {
      long to = PageTable.lastOfPart(from, level, last);
      long at = PageTable.entryAddress(table, PageTable.index(from, level));
      entry(at, memory.readLong(at), level, from, to);
      from = to + 1;
    }
  }

  private void entry(long at, long entry, int level, long first, long last) {
    if (!format.isPresent(entry)) {
      return;
    }
    int nextLevel = format.nextLevel(entry, level);
    if (nextLevel >= level) {
      refusal =
          Optional.of("the entry at %s: %s".formatted(Hex.of(at), format.wrong(entry, level)));
      return;
    }
    if (nextLevel != 0) {
      table(entry, level, nextLevel, first, last);
      return;
    }
    long offset = format.leafBytes(entry, level) - 1;
    if (!iovas.contains(new AddressRange(first & ~offset, first | offset))) {
      refusal =
          Optional.of(
              "the leaf at %s maps more than %s"
                  .formatted(Hex.of(at), new AddressRange(first, last)));
    } else if (writing) {
      memory.writeLong(at, 0);
      leafCount += (first & offset) == 0 ? 1 : 0;
      bytes += last - first + 1;
    }
  }

  /** Goes on in a table; IOVAs beyond what it serves, where levels are skipped, are not mapped. */
  private void table(long entry, int level, int nextLevel, long first, long last) {
    long reach =
        (first & -PageTable.entrySpanBytes(level)) | (PageTable.entrySpanBytes(nextLevel + 1) - 1);
    if (Long.compareUnsigned(first, reach) <= 0) {
      long end = Long.compareUnsigned(last, reach) < 0 ? last : reach;
      through(format.target(entry), nextLevel, first, end);
    }
  }
}
