// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;

/**
 * A part of the lab is not on this machine and cannot be had: no package, no network, no right to
 * install, no room. The message is one line that says which and what to do.
 */
public final class PartsUnavailableException extends IOException {
  private static final long serialVersionUID = 1L;

  /** {@code message} is whole: one line for the user. */
  public PartsUnavailableException(String message) {
    super(message);
  }

  /** As above, with what went wrong underneath. */
  public PartsUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
