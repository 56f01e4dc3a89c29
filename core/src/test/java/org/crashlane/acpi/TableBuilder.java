// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Writes tables byte by byte, right or wrong, without the reader's layout classes: what the two
 * agree on, they agree on independently.
 */
final class TableBuilder {
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private String signature = "DMAR";
  private int lengthDelta;
  private int checksumDelta;
  private int oemRevision = 1;
  private byte[] fields = new byte[12];

  TableBuilder() {
    fields[0] = 38;
  }

  /** Begins an IVRS table: physical addresses of 48 bits, virtual of 64, guest virtual of 48. */
  static TableBuilder ivrs() {
    return new TableBuilder().signature("IVRS").fields("41302000 00000000 00000000");
  }

  /** Adds bytes given in hexadecimal; blanks between them are for the reader. */
  TableBuilder add(String hex) {
    body.writeBytes(HexFormat.of().parseHex(hex.replace(" ", "")));
    return this;
  }

  TableBuilder signature(String four) {
    this.signature = four;
    return this;
  }

  TableBuilder flags(int value) {
    fields[1] = (byte) value;
    return this;
  }

  /** Sets the bytes between the ACPI header and the first structure, in hexadecimal. */
  TableBuilder fields(String hex) {
    this.fields = HexFormat.of().parseHex(hex.replace(" ", ""));
    return this;
  }

  /** Makes the table say that it is so many bytes longer than it is. */
  TableBuilder lengthOff(int deltaBytes) {
    this.lengthDelta = deltaBytes;
    return this;
  }

  TableBuilder checksumOff(int delta) {
    this.checksumDelta = delta;
    return this;
  }

  TableBuilder oemRevision(int value) {
    this.oemRevision = value;
    return this;
  }

  byte[] build() {
    int lengthBytes = 36 + fields.length + body.size();
    ByteBuffer table = ByteBuffer.allocate(lengthBytes).order(ByteOrder.LITTLE_ENDIAN);
    table.put(signature.getBytes(StandardCharsets.ISO_8859_1));
    table.putInt(table.capacity() + lengthDelta);
    table.put((byte) 1).put((byte) 0);
    table.put("OEMID OEMTABLE".getBytes(StandardCharsets.ISO_8859_1));
    table.putInt(oemRevision);
    table.put("CREA".getBytes(StandardCharsets.ISO_8859_1)).putInt(7);
    table.put(fields).put(body.toByteArray());
    byte sum = 0;
    for (byte b : table.array()) {
      sum += b;
    }
    table.put(9, (byte) (checksumDelta - sum));
    return table.array();
  }

  Dmar read() {
    return Dmar.read("built", build());
  }

  Ivrs readIvrs() {
    return Ivrs.read("built", build());
  }
}
