// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.Optional;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;

/**
 * Takes one range out of tables, in two passes: the first looks for what prevents it, the second
 * writes.
 */
final class Unmapping implements RangeDescent.Visitor {
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
    new RangeDescent(memory, format, table, this).descend(iovas);
    if (refusal.isPresent()) {
      return new UnmapResult.Refused(refusal.get());
    }
    writing = true;
    new RangeDescent(memory, format, table, this).descend(iovas);
    return new UnmapResult.Unmapped(leafCount, bytes);
  }

  @Override
  public void absent(long entryAddress, int level, long first, long last, Permissions rights) {
    // Nothing to take out.
  }

  @Override
  public void mapped(
      long entryAddress, long entry, int level, long first, long last, Permissions rights) {
    long offset = format.leafBytes(entry, level) - 1;
    if (!iovas.contains(new AddressRange(first & ~offset, first | offset))) {
      String part = "the leaf maps more than " + new AddressRange(first, last);
      impassable(entryAddress, part);
    } else if (writing) {
      memory.writeLong(entryAddress, 0);
      leafCount += (first & offset) == 0 ? 1 : 0;
      bytes += last - first + 1;
    }
  }

  @Override
  public void impassable(long entryAddress, String reason) {
    if (refusal.isEmpty()) {
      refusal = Optional.of("the entry at %s: %s".formatted(Hex.of(entryAddress), reason));
    }
  }
}
