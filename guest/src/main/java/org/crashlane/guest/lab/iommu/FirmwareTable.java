// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.crashlane.acpi.AcpiHeader;

/**
 * A table of QEMU's firmware, as far as an override depends on it: the override has to be in the
 * capture kernel's initramfs before the guest boots for the first time. The firmware's real table,
 * which the primary hands out, is held against it before the crash.
 */
public final class FirmwareTable {
  private static final int CHECKSUM_OFFSET = 9;
  private static final byte REVISION = 1;

  private FirmwareTable() {}

  /**
   * {@return a table with the header that QEMU gives every ACPI table: OEM id "BOCHS ", table id
   * "BXPC ", OEM revision 1 (hw/acpi/aml-build.c, QEMU 7.2)}
   *
   * @param signature four letters
   * @param body what stands behind the header
   */
  public static byte[] ofQemu(String signature, byte[] body) {
    int size = AcpiHeader.SIZE_BYTES + body.length;
    ByteBuffer table = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    table.put(ascii(signature)).putInt(size).put(REVISION).put((byte) 0);
    table.put(ascii("BOCHS ")).put(ascii("BXPC    ")).putInt(1).put(ascii("BXPC")).putInt(1);
    table.put(body);
    byte[] bytes = table.array();
    byte sum = 0;
    for (byte b : bytes) {
      sum += b;
    }
    bytes[CHECKSUM_OFFSET] = (byte) -sum;
    return bytes;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
