// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Writes DMAR tables byte by byte, right or wrong, without the reader's layout classes: what the
 * two agree on, they agree on independently.
 */
final class TableBuilder {
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private String signature = "DMAR";
  private int lengthDelta;
  private int checksumDelta;
  private int oemRevision = 1;
  private int flags;

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
    this.flags = value;
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
    ByteBuffer table = ByteBuffer.allocate(48 + body.size()).order(ByteOrder.LITTLE_ENDIAN);
    table.put(signature.getBytes(StandardCharsets.ISO_8859_1));
    table.putInt(table.capacity() + lengthDelta);
    table.put((byte) 1).put((byte) 0);
    table.put("OEMID OEMTABLE".getBytes(StandardCharsets.ISO_8859_1));
    table.putInt(oemRevision);
    table.put("CREA".getBytes(StandardCharsets.ISO_8859_1)).putInt(7);
    table.put((byte) 38).put((byte) flags).put(new byte[10]).put(body.toByteArray());
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
}
