// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import java.util.List;

/** Which addresses exist: ranges in rising order, apart from each other, found by halving. */
public final class RangeIndex {
  private final List<AddressRange> ranges;
  private final long[] firsts;
  private final long[] lasts;

  private RangeIndex(List<AddressRange> ranges) {
    this.ranges = List.copyOf(ranges);
    this.firsts = ranges.stream().mapToLong(AddressRange::first).toArray();
    this.lasts = ranges.stream().mapToLong(AddressRange::last).toArray();
  }

  /**
   * {@return an index of {@code ranges} as they are; the n-th found is the n-th given}
   *
   * @throws IllegalArgumentException if they are not in rising order, or overlap
   */
  public static RangeIndex of(List<AddressRange> ranges) {
    for (int i = 1; i < ranges.size(); i++) {
      if (Long.compareUnsigned(ranges.get(i - 1).last(), ranges.get(i).first()) >= 0) {
        throw new IllegalArgumentException(
            "ranges overlap or are out of order: " + ranges.get(i - 1) + " and " + ranges.get(i));
      }
    }
    return new RangeIndex(ranges);
  }

  /** {@return an index of the same addresses, in order, with neighbours and overlaps joined} */
  static RangeIndex joining(List<AddressRange> ranges) {
    return new RangeIndex(Ranges.joined(ranges));
  }

  /** {@return the ranges} */
  public List<AddressRange> ranges() {
    return ranges;
  }

  /**
   * {@return which range holds {@code address}}
   *
   * @throws UnreadableMemoryException if none does
   */
  int find(String source, long address) {
    int index = indexOf(address);
    if (index < 0) {
      throw new UnreadableMemoryException(source, address, Absence.NO_MEMORY);
    }
    return index;
  }

  /** {@return which range holds {@code address}, or -1} */
  public int indexOf(long address) {
    int low = 0;
    int high = firsts.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(address, firsts[middle]) < 0) {
        high = middle - 1;
      } else if (Long.compareUnsigned(address, lasts[middle]) > 0) {
        low = middle + 1;
      } else {
        return middle;
      }
    }
    return -1;
  }

  /**
   * {@return which range holds all {@code sizeBytes} from {@code address} on}
   *
   * @throws UnreadableMemoryException naming the first address that does not exist
   */
  int find(String source, long address, long sizeBytes) {
    int index = find(source, address);
    if (sizeBytes > 0 && Long.compareUnsigned(sizeBytes - 1, lasts[index] - address) > 0) {
      throw new UnreadableMemoryException(source, lasts[index] + 1, Absence.NO_MEMORY);
    }
    return index;
  }

  long first(int index) {
    return firsts[index];
  }

  /** {@return the last address of a range} */
  public long last(int index) {
    return lasts[index];
  }
}
