// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec;

import java.util.Locale;

/** What a device does with memory. */
public enum DeviceKind {
  /**
   * Writes what arrives into posted buffers, and its statistics block again and again; the capture
   * kernel sends the dump through it.
   */
  RECEIVER,
  /** Carries out queued commands that read and write memory. */
  STORAGE;

  /** {@return the name that users write} */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
