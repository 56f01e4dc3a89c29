// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu;

import org.crashlane.acpi.AcpiHeader;
import org.crashlane.bits.ByteReader;
import org.crashlane.bits.MalformedInputException;

/** An ACPI table that Linux takes in place of the firmware's, and that names no IOMMU. */
public final class HidingTable {
  private final String archivePath;
  private final byte[] table;

  /**
   * @param archivePath where Linux looks for it in an initramfs
   * @param table all of it
   */
  public HidingTable(String archivePath, byte[] table) {
    this.archivePath = archivePath;
    this.table = table.clone();
  }

  /** {@return where Linux looks for it in an initramfs} */
  public String archivePath() {
    return archivePath;
  }

  /** {@return all of it} */
  public byte[] bytes() {
    return table.clone();
  }

  /** {@return its ACPI signature, such as {@code DMAR}} */
  public String signature() {
    return header("the override", table).signature();
  }

  /**
   * {@return true if Linux would take it in place of {@code firmware}}
   *
   * @throws MalformedInputException if {@code firmware} is no table of this signature
   */
  public boolean takesThePlaceOf(byte[] firmware) {
    AcpiHeader ours = header("the override", table);
    String source = "the firmware's " + ours.signature() + " table";
    AcpiHeader theirs = header(source, firmware);
    if (!theirs.signature().equals(ours.signature())) {
      throw new MalformedInputException(source, 0, "its signature is " + theirs.signature());
    }
    return ours.oemId().equals(theirs.oemId())
        && ours.oemTableId().equals(theirs.oemTableId())
        && ours.oemRevision() > theirs.oemRevision();
  }

  private static AcpiHeader header(String source, byte[] bytes) {
    return AcpiHeader.read(ByteReader.of(source, bytes));
  }
}
