// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import org.crashlane.iommu.Access;

/** What a command has a device do with memory. */
public enum Operation {
  /** Writes what arrives from outside into memory. */
  RECEIVE(1, Access.WRITE),
  /** Writes blocks of the disk into memory. */
  READ_DISK(2, Access.WRITE),
  /** Writes memory to blocks of the disk. */
  WRITE_DISK(3, Access.READ);

  private final int code;
  private final Access access;

  Operation(int code, Access access) {
    this.code = code;
    this.access = access;
  }

  /** {@return its number in a {@link Descriptor}} */
  public int code() {
    return code;
  }
}
