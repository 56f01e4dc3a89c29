// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import java.util.ArrayList;
import java.util.List;

/** Sets of addresses, as lists of ranges. */
public final class Ranges {
  private Ranges() {}

  /** {@return the same addresses in rising order, neighbours and overlaps joined} */
  public static List<AddressRange> joined(List<AddressRange> ranges) {
    List<AddressRange> joined = new ArrayList<>();
    for (AddressRange next : ranges.stream().sorted().toList()) {
      if (!joined.isEmpty() && touches(joined.getLast(), next)) {
        AddressRange before = joined.removeLast();
        long last =
            Long.compareUnsigned(next.last(), before.last()) > 0 ? next.last() : before.last();
        joined.add(new AddressRange(before.first(), last));
      } else {
        joined.add(next);
      }
    }
    return joined;
  }

  private static boolean touches(AddressRange before, AddressRange next) {
    return before.contains(next.first()) || before.last() + 1 == next.first();
  }

  /** {@return what of {@code all} is in none of {@code taken}, in the order of {@code all}} */
  public static List<AddressRange> without(List<AddressRange> all, List<AddressRange> taken) {
    List<AddressRange> left = all;
    for (AddressRange out : taken) {
      left = left.stream().flatMap(range -> range.without(out).stream()).toList();
    }
    return left;
  }

  /** {@return what both have; each in rising order, and so is what is returned} */
  public static List<AddressRange> common(List<AddressRange> some, List<AddressRange> others) {
    List<AddressRange> common = new ArrayList<>();
    for (int i = 0, j = 0; i < some.size() && j < others.size(); ) {
      some.get(i).intersection(others.get(j)).ifPresent(common::add);
      if (Long.compareUnsigned(some.get(i).last(), others.get(j).last()) < 0) {
        i++;
      } else {
        j++;
      }
    }
    return common;
  }

  /** {@return the first {@code sizeBytes} of {@code ranges}, or all of them} */
  public static List<AddressRange> firstPart(List<AddressRange> ranges, long sizeBytes) {
    long left = sizeBytes;
    List<AddressRange> part = new ArrayList<>();
    for (AddressRange range : ranges) {
      if (left > 0) {
        part.add(AddressRange.ofSize(range.first(), Math.min(left, range.sizeBytes())));
        left -= range.sizeBytes();
      }
    }
    return part;
  }

  /** {@return how many addresses {@code ranges} have in all} */
  public static long sizeBytes(List<AddressRange> ranges) {
    return ranges.stream().mapToLong(AddressRange::sizeBytes).sum();
  }
}
