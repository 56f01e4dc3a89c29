// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Ranges;
import org.crashlane.model.hardware.ModelMemory;
import org.crashlane.model.hardware.Page;

/**
 * Which page of memory is which page of the dump: what is in use of all memory but the crash
 * ranges, in order. Free pages are left out, as {@code makedumpfile -d 16} leaves them out. In use
 * is what anybody wrote since power-on; what lies where a CPU's reads do not simply reach memory;
 * and a number of blocks, evenly spread, that stand for kernel and processes, so that a large
 * machine's dump takes no longer than a small one's.
 */
final class DumpMap {
  /** All of a machine of 64 MiB or less. */
  private static final int BLOCKS_IN_USE = 1024;

  private static final long BLOCK_BYTES = 64 << 10;

  private final List<AddressRange> ranges;
  private final long[] firstPages;
  private final long pageCount;

  /**
   * Makes the map of a machine whose memory holds {@code memory} at the panic.
   *
   * @param inTheWay where a CPU's reads do not simply reach memory
   */
  static DumpMap at(CrashPlan plan, ModelMemory memory, List<AddressRange> inTheWay) {
    List<AddressRange> inUse = new ArrayList<>(memory.written());
    inUse.addAll(inTheWay);
    long apart = Math.max(1, Ranges.sizeBytes(plan.machine().ram()) / BLOCK_BYTES / BLOCKS_IN_USE);
    for (AddressRange ram : plan.machine().ram()) {
      for (long at = ram.first(); ram.contains(at); at += apart * BLOCK_BYTES) {
        inUse.add(AddressRange.ofSize(at, Math.min(BLOCK_BYTES, ram.last() - at + 1)));
      }
    }
    List<AddressRange> out = new ArrayList<>(plan.machine().crashRanges());
    out.addAll(plan.leftOut());
    List<AddressRange> dumpable = Ranges.without(plan.machine().ram(), out);
    return new DumpMap(Ranges.common(dumpable, Ranges.joined(inUse)));
  }

  private DumpMap(List<AddressRange> ranges) {
    this.ranges = ranges;
    this.firstPages = new long[ranges.size()];
    long pages = 0;
    for (int i = 0; i < firstPages.length; i++) {
      firstPages[i] = pages;
      pages += ranges.get(i).sizeBytes() / Page.BYTES;
    }
    this.pageCount = pages;
  }

  long pageCount() {
    return pageCount;
  }

  /** {@return the physical address of a page of the dump} */
  long address(long page) {
    int range = range(page);
    return ranges.get(range).first() + (page - firstPages[range]) * Page.BYTES;
  }

  /** {@return how many pages from {@code page} on lie side by side, at most {@code limit}} */
  int run(long page, int limit) {
    int range = range(page);
    long behind = firstPages[range] + ranges.get(range).sizeBytes() / Page.BYTES;
    return (int) Math.min(limit, behind - page);
  }

  private int range(long page) {
    int found = Arrays.binarySearch(firstPages, page);
    return found >= 0 ? found : -found - 2;
  }
}
