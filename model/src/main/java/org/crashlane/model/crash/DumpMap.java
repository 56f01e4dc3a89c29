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
 * Which page of memory is which page of the dump: all memory but the crash ranges, in order. Of a
 * large machine, what nobody wrote since power-on is left out, as dump tools leave out free pages:
 * where its memory is matters to a rehearsal, and not how much there is beside it.
 */
final class DumpMap {
  /** Machines of today's built-in kinds are dumped whole. */
  private static final long WHOLE_BYTES_MAX = 2L << 30;

  private final List<AddressRange> ranges;
  private final long[] firstPages;
  private final long pageCount;

  /** Makes the map of a machine whose memory holds {@code memory} at the panic. */
  static DumpMap at(CrashPlan plan, ModelMemory memory) {
    List<AddressRange> out = new ArrayList<>(plan.machine().crashRanges());
    out.addAll(plan.leftOut());
    List<AddressRange> all = Ranges.without(plan.machine().ram(), out);
    long sizeBytes = Ranges.sizeBytes(all);
    return new DumpMap(sizeBytes <= WHOLE_BYTES_MAX ? all : Ranges.common(all, memory.written()));
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
