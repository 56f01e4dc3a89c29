// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.OptionalLong;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.paging.PageTable;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.spec.Era;

/**
 * How Linux's driver writes second-level tables: 4 KiB leaf after leaf, each found from the top
 * ({@code pfn_to_dma_pte}, {@code __domain_mapping}; 2.6.27: {@code addr_to_dma_pte}, {@code
 * domain_page_mapping}).
 *
 * <p>The driver takes every present entry above the leaves for a table, a large leaf too: who puts
 * large leaves where the driver may hand IOVAs out has it write its entries into the page that the
 * leaf maps. And an entry that is there already it does not replace: 2.6.27 stops there ({@code
 * BUG_ON}), later kernels print that it is "already set" and go on.
 */
final class DriverTables {
  private static final long[] ZEROS = new long[PageTable.ENTRY_COUNT];

  private DriverTables() {}

  /** What became of writing leaves. */
  enum Result {
    MAPPED,
    /** There was no page for a table; nothing is mapped. */
    NO_FRAME,
    /** An entry was there already, at which the kernel stopped; nothing is mapped. */
    BUG
  }

  /** {@return a page of zeros that is now a table's, or nothing if none is left} */
  static OptionalLong newTable(WritableMemory memory, PageFrames frames) {
    OptionalLong page = frames.takePage();
    if (page.isPresent()) {
      memory.writeLongs(page.getAsLong(), ZEROS, PageTable.ENTRY_COUNT);
    }
    return page;
  }

  /** Maps {@code pageCount} pages from {@code iova} on to those from {@code physical} on. */
  static Result map(
      WritableMemory memory,
      PageFrames frames,
      Era era,
      TableId table,
      long iova,
      long physical,
      long pageCount,
      Permissions permissions) {
    for (long page = 0; page < pageCount; page++) {
      long offset = page * PageTable.PAGE_BYTES;
      OptionalLong at = leafAddress(memory, frames, table, iova + offset);
      Result result =
          at.isEmpty()
              ? Result.NO_FRAME
              : writeLeaf(
                  memory,
                  era,
                  at.getAsLong(),
                  SecondLevelEntry.leaf(physical + offset, 1, permissions));
      if (result != Result.MAPPED) {
        unmap(memory, table, iova, page);
        return result;
      }
    }
    return Result.MAPPED;
  }

  private static Result writeLeaf(WritableMemory memory, Era era, long at, long leaf) {
    long before = memory.readLong(at);
    return switch (era) {
      case LINUX_2_6_27 -> {
        if (SecondLevelEntry.ADDR.isSet(before)) {
          yield Result.BUG;
        }
        memory.writeLong(at, leaf);
        yield Result.MAPPED;
      }
      case TODAY -> {
        if (before == 0) {
          memory.writeLong(at, leaf);
        }
        yield Result.MAPPED;
      }
    };
  }

  /** {@return where the leaf of {@code iova} is, tables made on the way, or nothing} */
  private static OptionalLong leafAddress(
      WritableMemory memory, PageFrames frames, TableId table, long iova) {
    long at = table.root();
    for (int level = table.levels(); level > 1; level--) {
      long entryAddress = PageTable.entryAddress(at, PageTable.index(iova, level));
      long entry = memory.readLong(entryAddress);
      if (isPresent(entry)) {
        at = SecondLevelEntry.ADDR.inPlace(entry);
        continue;
      }
      OptionalLong below = newTable(memory, frames);
      if (below.isEmpty()) {
        return below;
      }
      at = below.getAsLong();
      memory.writeLong(entryAddress, SecondLevelEntry.table(at));
    }
    return OptionalLong.of(PageTable.entryAddress(at, PageTable.index(iova, 1)));
  }

  /**
   * Takes out the leaves of {@code pageCount} pages; tables stay. Of a large leaf later kernels
   * take out all, where 2.6.27 looks for the leaf of 4 KiB in the page that it maps.
   */
  static void clear(WritableMemory memory, Era era, TableId table, long iova, long pageCount) {
    for (long page = 0; page < pageCount; page++) {
      clearPage(memory, era, table, iova + page * PageTable.PAGE_BYTES);
    }
  }

  private static void clearPage(WritableMemory memory, Era era, TableId table, long iova) {
    long at = table.root();
    for (int level = table.levels(); level >= 1; level--) {
      long entryAddress = PageTable.entryAddress(at, PageTable.index(iova, level));
      long entry = memory.readLong(entryAddress);
      boolean largeLeaf = level > 1 && SecondLevelEntry.PS.isSet(entry) && era == Era.TODAY;
      if (level == 1 || (largeLeaf && isPresent(entry))) {
        memory.writeLong(entryAddress, 0);
        return;
      }
      if (!isPresent(entry)) {
        return;
      }
      at = SecondLevelEntry.ADDR.inPlace(entry);
    }
  }

  private static void unmap(WritableMemory memory, TableId table, long iova, long pageCount) {
    clear(memory, Era.LINUX_2_6_27, table, iova, pageCount);
  }

  /** Gives back the pages of a table that nothing points to, and of all tables below it. */
  static void discard(WritableMemory memory, PageFrames frames, TableId table) {
    discard(memory, frames, table.root(), table.levels());
  }

  private static void discard(WritableMemory memory, PageFrames frames, long table, int level) {
    for (int i = 0; level > 1 && i < PageTable.ENTRY_COUNT; i++) {
      long entry = memory.readLong(PageTable.entryAddress(table, i));
      if (isPresent(entry)) {
        discard(memory, frames, SecondLevelEntry.ADDR.inPlace(entry), level - 1);
      }
    }
    frames.giveBack(table, PageTable.PAGE_BYTES);
  }

  private static boolean isPresent(long entry) {
    return SecondLevelEntry.R.isSet(entry) || SecondLevelEntry.W.isSet(entry);
  }

  /** {@return the number of the page that {@code address} is in} */
  static long pageNumber(long address) {
    return address / PageTable.PAGE_BYTES;
  }

  /** {@return how many pages {@code sizeBytes} from {@code address} on touch} */
  static long pageCount(long address, long sizeBytes) {
    return pageNumber(address + sizeBytes - 1) - pageNumber(address) + 1;
  }

  /** {@return the last whole page that a device reaches of so many address bits, or -1} */
  static long lastPage(int addressBits) {
    int pageBits = addressBits - Long.numberOfTrailingZeros(PageTable.PAGE_BYTES);
    return pageBits < 0 ? -1 : BitField.lowMask(pageBits);
  }
}
