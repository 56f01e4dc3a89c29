// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import org.crashlane.bits.ByteReader;

/**
 * The 36 bytes that every ACPI table begins with (ACPI 6.5 section 5.2.6, "System Description Table
 * Header").
 *
 * <p>Text fields keep every byte, padding included, one character (ISO 8859-1) a byte.
 *
 * @param signature 4 characters
 * @param lengthBytes of the whole table, header included, as the table has it; unsigned 32 bits
 * @param revision of the signature's table format
 * @param checksumByte the byte that makes all bytes add up to zero
 * @param oemId 6 characters
 * @param oemTableId 8 characters
 * @param oemRevision unsigned 32 bits
 * @param creatorId 4 characters
 * @param creatorRevision unsigned 32 bits
 */
public record AcpiHeader(
    String signature,
    long lengthBytes,
    int revision,
    int checksumByte,
    String oemId,
    String oemTableId,
    long oemRevision,
    String creatorId,
    long creatorRevision) {

  /** Bytes of the header itself. */
  public static final int SIZE_BYTES = 36;

  static final int SIGNATURE_BYTES = 4;
  static final int OEM_ID_BYTES = 6;
  static final int OEM_TABLE_ID_BYTES = 8;
  static final int CREATOR_ID_BYTES = 4;
  static final int LENGTH_OFFSET = 4;
  static final int CHECKSUM_OFFSET = 9;
  static final int OEM_REVISION_OFFSET = 24;

  /**
   * Reads a header; what it says is not judged.
   *
   * @throws org.crashlane.bits.MalformedInputException if there are not as many bytes
   */
  public static AcpiHeader read(ByteReader reader) {
    return new AcpiHeader(
        reader.text(SIGNATURE_BYTES, "signature"),
        reader.u32("table length"),
        reader.u8("revision"),
        reader.u8("checksum"),
        reader.text(OEM_ID_BYTES, "OEM id"),
        reader.text(OEM_TABLE_ID_BYTES, "OEM table id"),
        reader.u32("OEM revision"),
        reader.text(CREATOR_ID_BYTES, "creator id"),
        reader.u32("creator revision"));
  }

  /** {@return the sum of the first {@code count} bytes, modulo 256: 0 in a right table} */
  static int sum(byte[] table, int count) {
    byte sum = 0;
    for (int i = 0; i < count; i++) {
      sum += table[i];
    }
    return Byte.toUnsignedInt(sum);
  }
}
