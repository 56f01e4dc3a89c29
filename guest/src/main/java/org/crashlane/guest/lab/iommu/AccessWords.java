// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu;

import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.Collectors;

/** Words that accesses to any IOMMU's registers are told with. */
public final class AccessWords {
  private static final int QUOTED_VALUES = 3;

  private AccessWords() {}

  /** {@return how often} */
  public static String times(int count) {
    return count == 1 ? "once" : count + " times";
  }

  /** {@return the first few different ones of {@code values}, and the last} */
  public static String quoted(List<Long> values, LongFunction<String> text) {
    List<Long> distinct = values.stream().distinct().toList();
    String quoted =
        distinct.stream().limit(QUOTED_VALUES).map(text::apply).collect(Collectors.joining(", "));
    return distinct.size() > QUOTED_VALUES
        ? quoted + " ... " + text.apply(values.getLast())
        : quoted;
  }
}
