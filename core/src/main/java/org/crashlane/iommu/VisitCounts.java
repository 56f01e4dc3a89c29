// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

/**
 * How often each table page was visited in a walk: a hash table of primitives, which takes memory
 * by the page and never by the visit.
 */
public final class VisitCounts {
  private static final int FIRST_CAPACITY = 1 << 8;

  /** Spreads page addresses, whose low bits are zero, over the high bits (Knuth's 2^64 / phi). */
  private static final long SPREAD = 0x9e37_79b9_7f4a_7c15L;

  private long[] pages = new long[FIRST_CAPACITY];
  private int[] counts = new int[FIRST_CAPACITY];
  private int pageCount;

  /** Makes a table without a visit. */
  public VisitCounts() {}

  /** {@return how often {@code page} was visited, this visit included} */
  public int visit(long page) {
    if (pageCount * 2 >= pages.length) {
      grow();
    }
    int slot = slot(page);
    if (counts[slot] == 0) {
      pages[slot] = page;
      pageCount++;
    }
    return ++counts[slot];
  }

  private int slot(long page) {
    int slot = (int) ((page * SPREAD) >>> (Long.numberOfLeadingZeros(pages.length) + 1));
    while (counts[slot] != 0 && pages[slot] != page) {
      slot = (slot + 1) & (pages.length - 1);
    }
    return slot;
  }

  private void grow() {
    long[] oldPages = pages;
    int[] oldCounts = counts;
    pages = new long[oldPages.length * 2];
    counts = new int[oldCounts.length * 2];
    for (int i = 0; i < oldPages.length; i++) {
      if (oldCounts[i] != 0) {
        int slot = slot(oldPages[i]);
        pages[slot] = oldPages[i];
        counts[slot] = oldCounts[i];
      }
    }
  }
}
