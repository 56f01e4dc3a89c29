// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import org.crashlane.guest.lab.GuestConfig.Hardware;

/** Hardware of guests that tests boot. */
final class TestHardware {
  private static final long GIB = 1L << 30;

  private TestHardware() {}

  /** {@return that of a guest with 1 GiB} */
  static Hardware of(int cpuCount, DiskKind disk, boolean interruptRemapping) {
    return new Hardware(GIB, cpuCount, disk, interruptRemapping);
  }
}
