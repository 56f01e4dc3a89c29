// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.function.Supplier;

/** Who is told what happens, one stable line each. */
public interface Trace {
  /** Tells nobody, and has no line made. */
  Trace NONE =
      (_, _) -> {
        // nobody listens
      };

  /**
   * Something happened.
   *
   * @param step the number of the step
   * @param line makes the line
   */
  void event(long step, Supplier<String> line);
}
