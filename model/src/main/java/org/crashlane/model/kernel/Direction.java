// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import org.crashlane.iommu.Access;

/** Which way data goes through a mapping, as Linux's {@code dma_data_direction} has it. */
public enum Direction {
  /** The device reads memory. */
  TO_DEVICE,
  /** The device writes memory. */
  FROM_DEVICE,
  BIDIRECTIONAL;

  /** {@return true if the device means to make such accesses} */
  public boolean allows(Access access) {
    return switch (this) {
      case TO_DEVICE -> access == Access.READ;
      case FROM_DEVICE -> access == Access.WRITE;
      case BIDIRECTIONAL -> true;
    };
  }

  /** {@return true if the device may read} */
  public boolean reads() {
    return allows(Access.READ);
  }

  /** {@return true if the device may write} */
  public boolean writes() {
    return allows(Access.WRITE);
  }
}
