// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.crashlane.bits.MalformedInputException;

/**
 * A DMAR table that names no IOMMU, made to take the place of a firmware's own: rule C for a
 * capture kernel.
 *
 * <p>Linux takes a table from {@code kernel/firmware/acpi/} in an uncompressed archive in front of
 * the initrd ({@code CONFIG_ACPI_TABLE_UPGRADE}, {@code drivers/acpi/tables.c}) instead of the
 * firmware's if signature, OEM id and OEM table id are the same, the OEM revision is higher, the
 * length is that of the file and the checksum is right.
 */
public final class DmarOverride {
  /** Where Linux looks for the table in the archive. */
  public static final String ARCHIVE_PATH = "kernel/firmware/acpi/dmar.aml";

  private static final long OEM_REVISION_MAX = (1L << Integer.SIZE) - 1;

  private DmarOverride() {}

  /**
   * {@return a whole DMAR table without structures that Linux takes instead of {@code
   * firmwareTable}}
   *
   * <p>Its flags are all clear: without a unit there is no interrupt remapping, and the platform's
   * wish for DMA protection would make Linux look for one.
   *
   * @throws MalformedInputException if {@code firmwareTable} is no DMAR table, or its OEM revision
   *     is the highest there is, so that no table can take its place
   */
  public static byte[] hiding(byte[] firmwareTable) {
    String source = "firmware's DMAR table";
    Dmar firmware = Dmar.read(source, firmwareTable);
    AcpiHeader header = firmware.header();
    if (header.oemRevision() == OEM_REVISION_MAX) {
      throw new MalformedInputException(
          source,
          AcpiHeader.OEM_REVISION_OFFSET,
          "the OEM revision is the highest there is: no table can take this one's place");
    }
    ByteBuffer table = ByteBuffer.allocate(DmarLayout.PREFIX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    table.put(latin1(DmarLayout.SIGNATURE));
    table.putInt(DmarLayout.PREFIX_BYTES);
    table.put((byte) header.revision());
    table.put((byte) 0);
    table.put(latin1(header.oemId()));
    table.put(latin1(header.oemTableId()));
    table.putInt((int) (header.oemRevision() + 1));
    table.put(latin1(header.creatorId()));
    table.putInt((int) header.creatorRevision());
    table.put((byte) (firmware.hostAddressWidthBits() - 1));
    byte[] bytes = table.array();
    bytes[AcpiHeader.CHECKSUM_OFFSET] = (byte) -AcpiHeader.sum(bytes, bytes.length);
    return bytes;
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
