// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.List;
import org.crashlane.rehearsal.Strategy;

/**
 * Strategies, parted by commas, {@code all}, or {@code list}.
 *
 * @param named those named, each once, in the order in which they are always shown; none for {@code
 *     list}
 */
record StrategyNames(List<Strategy> named) {
  /** {@return all there are} */
  static StrategyNames all() {
    return new StrategyNames(List.of(Strategy.values()));
  }

  /** {@return the question what there is} */
  static StrategyNames list() {
    return new StrategyNames(List.of());
  }

  boolean isList() {
    return named.isEmpty();
  }
}
