// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ImageRegion;

/**
 * Where a q35 machine's memory file stands in its physical addresses (hw/i386/pc_q35.c, QEMU 7.2):
 * with less than 2.75 GiB all from 0 on; with more the first 2 GiB there, and the rest from 4 GiB
 * on.
 */
final class Q35Memory {
  private static final long GIB = 1L << 30;
  private static final long SPLIT_FROM_BYTES = 11 * GIB / 4;
  private static final long LOW_BYTES = 2 * GIB;
  private static final long HIGH_START = 4 * GIB;

  private Q35Memory() {}

  static List<ImageRegion> regions(long memoryBytes) {
    if (memoryBytes < SPLIT_FROM_BYTES) {
      return List.of(new ImageRegion(AddressRange.ofSize(0, memoryBytes), 0));
    }
    return List.of(
        new ImageRegion(AddressRange.ofSize(0, LOW_BYTES), 0),
        new ImageRegion(AddressRange.ofSize(HIGH_START, memoryBytes - LOW_BYTES), LOW_BYTES));
  }
}
