// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qmp;

import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/** How bounded waits are told in messages. */
final class Waits {
  private static final double MILLIS_PER_SECOND = 1000.0;

  private Waits() {}

  static String inWords(Duration timeout) {
    return String.format(Locale.ROOT, "%.1f s", timeout.toMillis() / MILLIS_PER_SECOND);
  }

  /** {@return the exception to throw; the thread's interrupt flag is set again} */
  static InterruptedIOException interrupted(Path socket, String what, InterruptedException cause) {
    Thread.currentThread().interrupt();
    InterruptedIOException e =
        new InterruptedIOException(socket + ": interrupted while waiting for " + what);
    e.initCause(cause);
    return e;
  }
}
