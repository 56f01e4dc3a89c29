// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import org.crashlane.memory.AddressRange;

/** Which of some things overlap, by one look at each in the order of addresses. */
final class Overlaps {
  private Overlaps() {}

  /**
   * Two that overlap.
   *
   * @param before the one of those that begin before, or where it begins, that reaches furthest
   */
  record Pair<T>(T before, T later) {}

  /** {@return a pair for each thing that overlaps one before it} */
  static <T> List<Pair<T>> among(List<T> things, Function<T, AddressRange> range) {
    List<T> byAddress = things.stream().sorted(Comparator.comparing(range)).toList();
    List<Pair<T>> pairs = new ArrayList<>();
    int furthest = 0;
    for (int i = 1; i < byAddress.size(); i++) {
      T thing = byAddress.get(i);
      AddressRange reached = range.apply(byAddress.get(furthest));
      if (range.apply(thing).overlaps(reached)) {
        pairs.add(new Pair<>(byAddress.get(furthest), thing));
      }
      if (Long.compareUnsigned(range.apply(thing).last(), reached.last()) > 0) {
        furthest = i;
      }
    }
    return pairs;
  }
}
