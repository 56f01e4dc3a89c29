// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

/**
 * A kernel that starts has no memory for what it cannot do without: the machine it was given is too
 * small, or has none where tables must be (a primary's stand below 4 GiB).
 */
public final class NoFrameException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** Makes one that says what there was no memory for. */
  public NoFrameException(String what) {
    super(what);
  }
}
