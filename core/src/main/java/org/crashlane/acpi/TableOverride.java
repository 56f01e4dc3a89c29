// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.crashlane.bits.MalformedInputException;

/**
 * A table that Linux takes in place of the firmware's own.
 *
 * <p>Linux takes a table from {@code kernel/firmware/acpi/} in an uncompressed archive in front of
 * the initrd ({@code CONFIG_ACPI_TABLE_UPGRADE}, {@code drivers/acpi/tables.c}) instead of the
 * firmware's if signature, OEM id and OEM table id are the same, the OEM revision is higher, the
 * length is that of the file and the checksum is right.
 */
final class TableOverride {
  /** Where Linux looks for tables in the archive. */
  static final String ARCHIVE_FOLDER = "kernel/firmware/acpi/";

  private static final long OEM_REVISION_MAX = (1L << Integer.SIZE) - 1;

  private TableOverride() {}

  /**
   * {@return a whole table with {@code content} behind the header}
   *
   * @throws MalformedInputException if the firmware's OEM revision is the highest there is, so that
   *     no table can take its place
   */
  static byte[] of(AcpiHeader firmware, byte[] content) {
    if (firmware.oemRevision() == OEM_REVISION_MAX) {
      throw new MalformedInputException(
          source(firmware.signature()),
          AcpiHeader.OEM_REVISION_OFFSET,
          "the OEM revision is the highest there is: no table can take this one's place");
    }
    int lengthBytes = AcpiHeader.SIZE_BYTES + content.length;
    ByteBuffer table = ByteBuffer.allocate(lengthBytes).order(ByteOrder.LITTLE_ENDIAN);
    table.put(latin1(firmware.signature()));
    table.putInt(lengthBytes);
    table.put((byte) firmware.revision());
    table.put((byte) 0);
    table.put(latin1(firmware.oemId()));
    table.put(latin1(firmware.oemTableId()));
    table.putInt((int) (firmware.oemRevision() + 1));
    table.put(latin1(firmware.creatorId()));
    table.putInt((int) firmware.creatorRevision());
    table.put(content);
    byte[] bytes = table.array();
    bytes[AcpiHeader.CHECKSUM_OFFSET] = (byte) -AcpiHeader.sum(bytes, bytes.length);
    return bytes;
  }

  /** {@return the firmware's table, for messages} */
  static String source(String signature) {
    return "firmware's " + signature + " table";
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
