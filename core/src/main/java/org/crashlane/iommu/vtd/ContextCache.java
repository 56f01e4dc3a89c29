// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * What a unit remembers of root and context entries: for each requester that ever asked its context
 * entry, or why it has none. In order of requester id.
 */
final class ContextCache {
  static final int NOT_CACHED = -1;

  private int[] sources = {};
  private long[] lows = {};
  private long[] highs = {};
  private int count;

  ContextCache fork() {
    ContextCache copy = new ContextCache();
    copy.sources = Arrays.copyOf(sources, count);
    copy.lows = Arrays.copyOf(lows, count);
    copy.highs = Arrays.copyOf(highs, count);
    copy.count = count;
    return copy;
  }

  /** {@return where the entry of {@code source} is, or {@link #NOT_CACHED}} */
  int find(int source) {
    int place = Arrays.binarySearch(sources, 0, count, source);
    return place < 0 ? NOT_CACHED : place;
  }

  int source(int place) {
    return sources[place];
  }

  /** {@return the entry's first word; one without P stands for no entry} */
  long low(int place) {
    return lows[place];
  }

  /** {@return the entry's second word; where there is no entry, the code of the fault} */
  long high(int place) {
    return highs[place];
  }

  /** {@return the domain that an invalidation must name: 0 where there is no entry} */
  int domainId(int place) {
    return ContextEntry.isPresent(lows[place]) ? ContextEntry.domainId(highs[place]) : 0;
  }

  int count() {
    return count;
  }

  void keep(int source, long low, long high) {
    int place = Arrays.binarySearch(sources, 0, count, source);
    if (place < 0) {
      place = -place - 1;
      grow();
      System.arraycopy(sources, place, sources, place + 1, count - place);
      System.arraycopy(lows, place, lows, place + 1, count - place);
      System.arraycopy(highs, place, highs, place + 1, count - place);
      count++;
    }
    sources[place] = source;
    lows[place] = low;
    highs[place] = high;
  }

  /** Drops the entries at the places that {@code dropped} says. */
  void dropIf(IntPredicate dropped) {
    int kept = 0;
    for (int place = 0; place < count; place++) {
      if (!dropped.test(place)) {
        sources[kept] = sources[place];
        lows[kept] = lows[place];
        highs[kept] = highs[place];
        kept++;
      }
    }
    count = kept;
  }

  private void grow() {
    if (count == sources.length) {
      int size = Math.max(2, 2 * count);
      sources = Arrays.copyOf(sources, size);
      lows = Arrays.copyOf(lows, size);
      highs = Arrays.copyOf(highs, size);
    }
  }
}
