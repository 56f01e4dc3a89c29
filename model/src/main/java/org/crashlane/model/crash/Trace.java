// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.function.Supplier;

/** Who is told what happens, one stable line each. */
public interface Trace {
  /** Tells nobody, and has no line made. */
  Trace NONE =
      new Trace() {
        @Override
        public void event(long step, Supplier<String> line) {
          // nobody listens
        }

        @Override
        public boolean isListening() {
          return false;
        }
      };

  /**
   * Something happened.
   *
   * @param step the number of the step
   * @param line makes the line
   */
  void event(long step, Supplier<String> line);

  /** {@return false if nobody listens, so that hot places need not even offer a line} */
  default boolean isListening() {
    return true;
  }
}
