// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import java.util.List;
import java.util.function.UnaryOperator;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.kernel.PageFrames;

/** Wrong crash ranges, and wrong lists of devices. */
final class RangeFaults {
  private static final long PAGE = PageFrames.PAGE_BYTES;

  private RangeFaults() {}

  /** {@return each range begins {@code before} pages early and ends {@code behind} pages late} */
  static UnaryOperator<List<AddressRange>> grown(int before, int behind) {
    return ranges ->
        ranges.stream()
            .map(r -> new AddressRange(r.first() - before * PAGE, r.last() + behind * PAGE))
            .toList();
  }

  /** {@return only the first of several is there} */
  static <T> UnaryOperator<List<T>> firstOnly() {
    return all -> all.subList(0, 1);
  }

  /** {@return the last of several is not there} */
  static <T> UnaryOperator<List<T>> withoutLast() {
    return all -> all.subList(0, all.size() - 1);
  }

  /** {@return the first of several is not there} */
  static <T> UnaryOperator<List<T>> withoutFirst() {
    return all -> all.subList(1, all.size());
  }

  /** {@return there are none} */
  static <T> UnaryOperator<List<T>> none() {
    return _ -> List.of();
  }

  /** {@return they are as they should be} */
  static <T> UnaryOperator<List<T>> right() {
    return UnaryOperator.identity();
  }
}
