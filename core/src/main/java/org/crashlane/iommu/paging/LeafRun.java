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
  private final long[] distances;

  /**
   * @param entryCount how many entries a table has
   * @param pageBytes how large a page is
   */
  LeafRun(int entryCount, int pageBytes) {
    this.distances = LongStream.range(0, entryCount).map(i -> i * pageBytes).toArray();
  }

  /** {@return true if all of {@code page} is one run} */
  boolean fills(long[] page) {
    long[] expected = distances;
    long first = page[0];
    int last = expected.length - 1;
    if (page[last] - first != expected[last]) {
      return false;
    }
    long deviation = 0;
    for (int i = 0; i < expected.length; i++) {
      deviation |= (page[i] - expected[i]) ^ first;
    }
    return deviation == 0;
  }
}
