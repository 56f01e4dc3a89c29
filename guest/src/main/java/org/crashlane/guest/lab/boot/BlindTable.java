// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A DMAR table without any IOMMU in it. Linux takes it in place of the firmware's when it stands in
 * an uncompressed archive in front of the initramfs (CONFIG_ACPI_TABLE_UPGRADE;
 * Documentation/admin-guide/acpi/initrd_table_override.rst of Linux 6.1) and its signature and OEM
 * ids are those of the firmware's table and its OEM revision is higher.
 */
public final class BlindTable {
  /** Where Linux looks for it in the archive. */
  public static final String ARCHIVE_PATH = "kernel/firmware/acpi/dmar.aml";

  private static final int HEADER_BYTES = 36;
  private static final int TABLE_BYTES = 48;
  private static final int CHECKSUM_OFFSET = 9;
  private static final int OEM_ID_OFFSET = 10;
  private static final int OEM_REVISION_OFFSET = 24;

  /** The host-address-width field holds the width less one. */
  private static final byte WIDTH_39 = 38;

  private static final byte TABLE_REVISION = 1;
  private static final int BYTE_VALUES = 256;

  private BlindTable() {}

  /**
   * {@return the table for QEMU's firmware} QEMU gives every ACPI table the OEM id "BOCHS ", the
   * table id "BXPC " and revision 1 (hw/acpi/aml-build.h, QEMU 7.2).
   */
  public static byte[] forQemu() {
    ByteBuffer table = ByteBuffer.allocate(TABLE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    table.put(ascii("DMAR")).putInt(TABLE_BYTES).put(TABLE_REVISION).put((byte) 0);
    table.put(ascii("BOCHS ")).put(ascii("BXPC    ")).putInt(2).put(ascii("BXPC")).putInt(1);
    table.put(HEADER_BYTES, WIDTH_39);
    int sum = 0;
    for (byte b : table.array()) {
      sum += b;
    }
    table.put(CHECKSUM_OFFSET, (byte) (BYTE_VALUES - sum % BYTE_VALUES));
    return table.array();
  }

  /** {@return true if Linux would take {@code override} in place of {@code firmware}} */
  public static boolean overrides(byte[] override, byte[] firmware) {
    if (firmware.length < HEADER_BYTES) {
      return false;
    }
    ByteBuffer ours = ByteBuffer.wrap(override).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer theirs = ByteBuffer.wrap(firmware).order(ByteOrder.LITTLE_ENDIAN);
    int idBytes = OEM_REVISION_OFFSET - OEM_ID_OFFSET;
    return ours.getInt(0) == theirs.getInt(0)
        && ours.slice(OEM_ID_OFFSET, idBytes).equals(theirs.slice(OEM_ID_OFFSET, idBytes))
        && Integer.compareUnsigned(
                ours.getInt(OEM_REVISION_OFFSET), theirs.getInt(OEM_REVISION_OFFSET))
            > 0;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
