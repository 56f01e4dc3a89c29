// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import java.util.OptionalLong;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.kernel.PageFrames;

/**
 * How Linux's drivers write page tables: 4 KiB leaf after leaf, each found from the top. What an
 * entry looks like, and what a driver does about one that is there already, is the vendor's.
 */
public abstract class DriverTables {
  private static final int PAGE_BITS = Integer.numberOfTrailingZeros(PageFrames.PAGE_BYTES);
  private static final long[] ZEROS = new long[PageFrames.PAGE_BYTES / Geometry.ENTRY_BYTES];

  /** What became of writing leaves. */
  public enum Result {
    MAPPED,
    /** Mapped over what was there, which the unit may remember for any address of the domain. */
    REPLACED,
    /** There was no page for a table; nothing is mapped. */
    NO_FRAME,
    /** An entry was there already, at which the kernel stopped; nothing is mapped. */
    BUG
  }

  /** {@return an entry that maps the page at {@code physical}} */
  protected abstract long leaf(long physical, Permissions permissions);

  /** {@return an entry that leads to the table of {@code level} at {@code address}} */
  protected abstract long table(int level, long address);

  /** {@return true if the driver takes {@code entry}, above the leaves, for one of a table} */
  protected abstract boolean leadsOn(long entry);

  /** {@return where {@code entry} leads} */
  protected abstract long target(long entry);

  /** Writes a leaf to {@code at}, or does what the driver does when one is there already. */
  protected abstract Result writeLeaf(WritableMemory memory, long at, long leaf);

  /** {@return true if unmapping stops above the leaves at {@code entry}, and takes it out} */
  protected abstract boolean isClearedWhole(long entry);

  /** {@return the shape of tables that translate so many bits, with the kernel's own pages} */
  public static Geometry geometry(int addressBits) {
    return Geometry.reaching(PAGE_BITS, addressBits);
  }

  /** {@return a page of zeros that is now a table's, or nothing if none is left} */
  public static OptionalLong newTable(WritableMemory memory, PageFrames frames) {
    OptionalLong page = frames.takePage();
    if (page.isPresent()) {
      memory.writeLongs(page.getAsLong(), ZEROS, ZEROS.length);
    }
    return page;
  }

  /** Maps {@code pageCount} pages from {@code iova} on to those from {@code physical} on. */
  final Result map(
      WritableMemory memory,
      PageFrames frames,
      TableId table,
      long iova,
      long physical,
      long pageCount,
      Permissions permissions) {
    Result all = Result.MAPPED;
    for (long page = 0; page < pageCount; page++) {
      long offset = page * PageFrames.PAGE_BYTES;
      long leaf = leaf(physical + offset, permissions);
      switch (mapPage(memory, frames, table, iova + offset, leaf)) {
        case MAPPED -> {
          // Nothing was there.
        }
        case REPLACED -> all = Result.REPLACED;
        case NO_FRAME -> {
          clear(memory, table, iova, page);
          return Result.NO_FRAME;
        }
        case BUG -> {
          clear(memory, table, iova, page);
          return Result.BUG;
        }
      }
    }
    return all;
  }

  /** Writes the leaf of {@code iova}, tables made on the way. */
  private Result mapPage(
      WritableMemory memory, PageFrames frames, TableId table, long iova, long leaf) {
    long at = table.root();
    boolean replaced = false;
    for (int level = table.levels(); level > 1; level--) {
      long entryAddress = table.geometry().entryAddress(at, iova, level);
      long entry = memory.readLong(entryAddress);
      if (leadsOn(entry)) {
        at = target(entry);
        continue;
      }
      OptionalLong below = newTable(memory, frames);
      if (below.isEmpty()) {
        return Result.NO_FRAME;
      }
      at = below.getAsLong();
      memory.writeLong(entryAddress, table(level - 1, at));
      replaced |= entry != 0;
    }
    Result written = writeLeaf(memory, table.geometry().entryAddress(at, iova, 1), leaf);
    return written == Result.MAPPED && replaced ? Result.REPLACED : written;
  }

  /** Takes out the leaves of {@code pageCount} pages; tables stay. */
  final void clear(WritableMemory memory, TableId table, long iova, long pageCount) {
    for (long page = 0; page < pageCount; page++) {
      long pageIova = iova + page * PageFrames.PAGE_BYTES;
      leafToClear(memory, table, pageIova).ifPresent(at -> memory.writeLong(at, 0));
    }
  }

  /** {@return where the entry is that maps {@code iova}, or nothing if there is no table for it} */
  private OptionalLong leafToClear(WritableMemory memory, TableId table, long iova) {
    long at = table.root();
    for (int level = table.levels(); level > 1; level--) {
      long entryAddress = table.geometry().entryAddress(at, iova, level);
      long entry = memory.readLong(entryAddress);
      if (isClearedWhole(entry)) {
        return OptionalLong.of(entryAddress);
      }
      if (!leadsOn(entry)) {
        return OptionalLong.empty();
      }
      at = target(entry);
    }
    return OptionalLong.of(table.geometry().entryAddress(at, iova, 1));
  }

  /** Gives back the pages of a table that nothing points to, and of all tables below it. */
  final void discard(WritableMemory memory, PageFrames frames, TableId table) {
    discard(memory, frames, table.root(), table.levels());
  }

  private void discard(WritableMemory memory, PageFrames frames, long table, int level) {
    for (int i = 0; level > 1 && i < ZEROS.length; i++) {
      long entry = memory.readLong(Geometry.entryAddress(table, i));
      if (leadsOn(entry)) {
        discard(memory, frames, target(entry), level - 1);
      }
    }
    frames.giveBack(table, PageFrames.PAGE_BYTES);
  }

  /** {@return the number of the page that {@code address} is in} */
  static long pageNumber(long address) {
    return address / PageFrames.PAGE_BYTES;
  }

  /** {@return how many pages {@code sizeBytes} from {@code address} on touch} */
  static long pageCount(long address, long sizeBytes) {
    return pageNumber(address + sizeBytes - 1) - pageNumber(address) + 1;
  }

  /** {@return the last whole page that a device reaches of so many address bits, or -1} */
  static long lastPage(int addressBits) {
    int pageBits = addressBits - PAGE_BITS;
    return pageBits < 0 ? -1 : BitField.lowMask(pageBits);
  }
}
