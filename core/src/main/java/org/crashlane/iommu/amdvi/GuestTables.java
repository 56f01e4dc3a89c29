// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.bits.Hex;

/** Guest tables, by which a device's requests go through a process's page tables: not read here. */
final class GuestTables {
  private GuestTables() {}

  /** {@return why nothing is known of what the entry's device can reach} */
  static String reason(long word0, long word1) {
    return "guest (v2) tables are not read: GCR3 table at %s of %d levels"
        .formatted(
            Hex.of(DeviceTableEntry.guestTable(word0, word1)), DeviceTableEntry.GLX.get(word0) + 1);
  }
}
