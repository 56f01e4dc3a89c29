// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * What a unit remembers of the tables that tell where a device goes: for each requester that ever
 * asked the two words of its entry that matter, or why it has none. In order of requester id.
 */
public final class DeviceEntryCache {
  /** What {@link #find} answers where nothing is remembered. */
  public static final int NOT_CACHED = -1;

  private int[] sources = {};
  private long[] lows = {};
  private long[] highs = {};
  private int count;

  /** Where the last entry was found: devices send many requests in a row. */
  private int recent;

  /** Makes an empty cache. */
  public DeviceEntryCache() {}

  /** {@return a cache in the same state, that changes by itself} */
  public DeviceEntryCache fork() {
    DeviceEntryCache copy = new DeviceEntryCache();
    copy.sources = Arrays.copyOf(sources, count);
    copy.lows = Arrays.copyOf(lows, count);
    copy.highs = Arrays.copyOf(highs, count);
    copy.count = count;
    return copy;
  }

  /** {@return where the entry of {@code source} is, or {@link #NOT_CACHED}} */
  public int find(int source) {
    if (recent < count && sources[recent] == source) {
      return recent;
    }
    int place = Arrays.binarySearch(sources, 0, count, source);
    if (place < 0) {
      return NOT_CACHED;
    }
    recent = place;
    return place;
  }

  /** {@return whose entry it is} */
  public int source(int place) {
    return sources[place];
  }

  /** {@return the entry's first word} */
  public long low(int place) {
    return lows[place];
  }

  /** {@return the entry's second word} */
  public long high(int place) {
    return highs[place];
  }

  /** {@return how many are remembered} */
  public int count() {
    return count;
  }

  /** Remembers an entry, in the place of what was remembered for {@code source}. */
  public void keep(int source, long low, long high) {
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
  public void dropIf(IntPredicate dropped) {
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
