// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.function.Supplier;
import org.crashlane.rehearsal.Event;

/** Receives what happens, in order. */
public interface Trace {
  /** Ignores all, and has no event made. */
  Trace NONE =
      new Trace() {
        @Override
        public void event(long step, Supplier<Event> what) {
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
   * @param what makes the event
   */
  void event(long step, Supplier<Event> what);

  /** {@return false if nobody listens, so that hot places need not even offer an event} */
  default boolean isListening() {
    return true;
  }
}
