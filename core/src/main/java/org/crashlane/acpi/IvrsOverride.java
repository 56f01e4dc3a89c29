// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An IVRS table that names no IOMMU, made to take the place of a firmware's own, as Linux allows it
 * in an initrd ({@code CONFIG_ACPI_TABLE_UPGRADE}, {@code drivers/acpi/tables.c}): rule C for a
 * capture kernel.
 *
 * <p>Linux has no word for "an IVRS without IOMMUs". {@code get_highest_supported_ivhd_type}
 * ({@code drivers/iommu/amd/init.c}, 6.3) reads the first block without asking whether there is
 * one: in a table of 48 bytes, whatever lies behind it. And with no unit in its list the driver
 * goes on to the end, says that it copied a device table, and {@code amd_iommu_init_pci} returns a
 * value that nothing has set. So the table made here has one block, an IVMD for all devices without
 * the unity and the exclusion flag: it asks for nothing. The driver takes its type, 0x20, for the
 * type of IVHD block to use, and gives up at {@code find_last_devid_from_ivhd} with "Unsupported
 * IVHD type 0x20": before it maps a register, with no unit in its list, so that neither the
 * clean-up after the error ({@code disable_iommus}) nor interrupt remapping ({@code
 * amd_iommu_prepare}, which comes first and fails alike) has anything to write to. Seen with
 * Debian's 6.1 in QEMU 7.2: a boot with this table says so and leaves the unit's first eight
 * registers, device table and control among them, as they are at reset; a boot without it sets
 * them.
 */
public final class IvrsOverride {
  /** Where Linux looks for the table in the archive. */
  public static final String ARCHIVE_PATH = TableOverride.ARCHIVE_FOLDER + "ivrs.aml";

  private IvrsOverride() {}

  /**
   * {@return a whole IVRS table without IVHD blocks that Linux takes instead of {@code
   * firmwareTable}}
   *
   * <p>It keeps the address widths. The flags of IVinfo are clear: there is no unit to have
   * features, or to have remapped DMA before.
   *
   * @throws org.crashlane.bits.MalformedInputException if {@code firmwareTable} is no IVRS table,
   *     or its OEM revision is the highest there is, so that no table can take its place
   */
  public static byte[] hiding(byte[] firmwareTable) {
    Ivrs firmware = Ivrs.read(TableOverride.source(IvrsLayout.SIGNATURE), firmwareTable);
    int fieldBytes = IvrsLayout.PREFIX_BYTES - AcpiHeader.SIZE_BYTES;
    ByteBuffer content =
        ByteBuffer.allocate(fieldBytes + IvrsLayout.IVMD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    content.putInt((int) widths(firmware.info()));
    content.position(fieldBytes);
    content.putShort((short) IvrsLayout.TYPE.of(IvrsLayout.IVMD_ALL));
    content.putShort((short) IvrsLayout.IVMD_BYTES);
    return TableOverride.of(firmware.header(), content.array());
  }

  private static long widths(long info) {
    return IvrsLayout.GVA_SIZE.inPlace(info)
        | IvrsLayout.PA_SIZE.inPlace(info)
        | IvrsLayout.VA_SIZE.inPlace(info);
  }
}
