// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.stream.LongStream;

/**
 * Leaf entries that map page after page: each is one page above the one before.
 *
 * <p>The loop goes against a table of distances and has no way out, so that it is compiled to
 * vector instructions; with a multiplication, a difference to the neighbour or a way out it is not
 * (JDK 25, AVX2: a page checked in 60 ns against 110 to 150).
 */
final class LeafRun {
  private static final long[] DISTANCES =
      LongStream.range(0, PageTable.ENTRY_COUNT).map(i -> i * PageTable.PAGE_BYTES).toArray();

  private LeafRun() {}

  /** {@return true if all of {@code page} is one run} */
  static boolean fills(long[] page) {
    long first = page[0];
    int last = PageTable.ENTRY_COUNT - 1;
    if (page[last] - first != DISTANCES[last]) {
      return false;
    }
    long deviation = 0;
    for (int i = 0; i < PageTable.ENTRY_COUNT; i++) {
      deviation |= (page[i] - DISTANCES[i]) ^ first;
    }
    return deviation == 0;
  }
}
