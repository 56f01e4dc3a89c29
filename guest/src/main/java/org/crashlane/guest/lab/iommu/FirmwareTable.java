// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.crashlane.acpi.AcpiHeader;
import org.crashlane.acpi.Dmar;
import org.crashlane.acpi.DmarOverride;

/**
 * The DMAR table of QEMU's firmware, as far as an override depends on it: the override has to be in
 * the capture kernel's initramfs before the guest boots for the first time. The firmware's real
 * table, which the primary hands out, is held against it before the crash.
 */
public final class FirmwareTable {
  private static final int TABLE_BYTES = 48;
  private static final int CHECKSUM_OFFSET = 9;
  private static final byte REVISION = 1;

  /** The field behind the header holds the address width less one. */
  private static final byte WIDTH_39 = 38;

  private FirmwareTable() {}

  /**
   * {@return a DMAR table with the header that QEMU gives every ACPI table: OEM id "BOCHS ", table
   * id "BXPC ", OEM revision 1 (hw/acpi/aml-build.c, QEMU 7.2)}
   */
  public static byte[] ofQemu() {
    ByteBuffer table = ByteBuffer.allocate(TABLE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    table.put(ascii("DMAR")).putInt(TABLE_BYTES).put(REVISION).put((byte) 0);
    table.put(ascii("BOCHS ")).put(ascii("BXPC    ")).putInt(1).put(ascii("BXPC")).putInt(1);
    table.put(WIDTH_39);
    byte[] bytes = table.array();
    byte sum = 0;
    for (byte b : bytes) {
      sum += b;
    }
    bytes[CHECKSUM_OFFSET] = (byte) -sum;
    return bytes;
  }

  /** {@return the table that hides QEMU's IOMMU} */
  public static byte[] override() {
    return DmarOverride.hiding(ofQemu());
  }

  /**
   * {@return true if Linux would take {@link #override()} in place of {@code firmware}}
   *
   * @throws org.crashlane.bits.MalformedInputException if {@code firmware} is no DMAR table
   */
  public static boolean isOverridden(byte[] firmware) {
    AcpiHeader theirs = Dmar.read("the firmware's DMAR table", firmware).header();
    AcpiHeader ours = Dmar.read("the override", override()).header();
    return ours.oemId().equals(theirs.oemId())
        && ours.oemTableId().equals(theirs.oemTableId())
        && ours.oemRevision() > theirs.oemRevision();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
