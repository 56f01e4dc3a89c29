// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Page;

/** Sets of address ranges. */
final class Ranges {
  private static final AddressRange BELOW_4_GIB = new AddressRange(0, 0xffff_ffffL);

  private Ranges() {}

  /** {@return what of {@code all} is in none of {@code taken}, in the order of {@code all}} */
  static List<AddressRange> without(List<AddressRange> all, List<AddressRange> taken) {
    List<AddressRange> left = all;
    for (AddressRange out : taken) {
      List<AddressRange> next = new ArrayList<>();
      for (AddressRange range : left) {
        if (!range.overlaps(out)) {
          next.add(range);
          continue;
        }
        if (Long.compareUnsigned(range.first(), out.first()) < 0) {
          next.add(new AddressRange(range.first(), out.first() - 1));
        }
        if (Long.compareUnsigned(out.last(), range.last()) < 0) {
          next.add(new AddressRange(out.last() + 1, range.last()));
        }
      }
      left = next;
    }
    return left;
  }

  /**
   * {@return the first half of {@code ranges} by size, whole pages; the second is what {@link
   * #without} leaves}
   */
  static List<AddressRange> firstHalf(List<AddressRange> ranges) {
    long left = ranges.stream().mapToLong(AddressRange::sizeBytes).sum() / 2 & -Page.BYTES;
    List<AddressRange> half = new ArrayList<>();
    for (AddressRange range : ranges) {
      if (left > 0) {
        half.add(AddressRange.ofSize(range.first(), Math.min(left, range.sizeBytes())));
        left -= Math.min(left, range.sizeBytes());
      }
    }
    return half;
  }

  /** {@return what of {@code ranges} lies below 4 GiB} */
  static List<AddressRange> below4Gib(List<AddressRange> ranges) {
    List<AddressRange> low = new ArrayList<>();
    ranges.forEach(range -> range.intersection(BELOW_4_GIB).ifPresent(low::add));
    return low;
  }
}
