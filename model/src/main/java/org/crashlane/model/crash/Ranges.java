// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.memory.AddressRange;

/** Sets of address ranges. */
final class Ranges {
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
}
