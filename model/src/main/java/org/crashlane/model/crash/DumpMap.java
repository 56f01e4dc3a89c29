// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Page;

/** Which page of memory is which page of the dump: all memory but the crash ranges, in order. */
final class DumpMap {
  private final List<AddressRange> ranges;
  private final long[] firstPages;
  private final long pageCount;

  DumpMap(CrashPlan plan) {
    List<AddressRange> out = new ArrayList<>(plan.machine().crashRanges());
    out.addAll(plan.leftOut());
    this.ranges = Ranges.without(plan.machine().ram(), out);
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
    int range = 0;
    while (range + 1 < firstPages.length && firstPages[range + 1] <= page) {
      range++;
    }
    return range;
  }
}
