// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

/** What a command has a device do with memory. */
public enum Operation {
  /** Writes what arrives from outside into memory. */
  RECEIVE(1),
  /** Writes blocks of the disk into memory. */
  READ_DISK(2),
  /** Writes memory to blocks of the disk. */
  WRITE_DISK(3);

  private final int code;

  Operation(int code) {
    this.code = code;
  }

  /** {@return its number in a {@link Descriptor}} */
  public int code() {
    return code;
  }
}
