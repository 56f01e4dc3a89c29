// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.amdvi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

final class IvrsOverride {
  static final String ARCHIVE_PATH = "kernel/firmware/acpi/ivrs.aml";

  private IvrsOverride() {}

  static byte[] hiding(byte[] firmware) {
    byte[] table = firmware.clone();
    ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN).putInt(24, 2);
    table[9] = 0;
    byte sum = 0;
    for (byte b : table) {
      sum += b;
    }
    table[9] = (byte) -sum;
    return table;
  }
}
