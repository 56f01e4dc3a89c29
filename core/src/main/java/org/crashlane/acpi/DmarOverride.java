// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.nio.ByteBuffer;

/**
 * A DMAR table that names no IOMMU, made to take the place of a firmware's own, as Linux allows it
 * in an initrd ({@code CONFIG_ACPI_TABLE_UPGRADE}, {@code drivers/acpi/tables.c}): rule C for a
 * capture kernel.
 */
public final class DmarOverride {
  /** Where Linux looks for the table in the archive. */
  public static final String ARCHIVE_PATH = TableOverride.ARCHIVE_FOLDER + "dmar.aml";

  private DmarOverride() {}

  /**
   * {@return a whole DMAR table without structures that Linux takes instead of {@code
   * firmwareTable}}
   *
   * <p>Its flags are all clear: without a unit there is no interrupt remapping, and the platform's
   * wish for DMA protection would make Linux look for one.
   *
   * @throws org.crashlane.bits.MalformedInputException if {@code firmwareTable} is no DMAR table,
   *     or its OEM revision is the highest there is, so that no table can take its place
   */
  public static byte[] hiding(byte[] firmwareTable) {
    Dmar firmware = Dmar.read(TableOverride.source(DmarLayout.SIGNATURE), firmwareTable);
    ByteBuffer content = ByteBuffer.allocate(DmarLayout.PREFIX_BYTES - AcpiHeader.SIZE_BYTES);
    content.put((byte) (firmware.hostAddressWidthBits() - 1));
    return TableOverride.of(firmware.header(), content.array());
  }
}
