// SPDX-License-Identifier: Apache-2.0
package org.crashlane.firmware;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.crashlane.acpi.AcpiTable;

/** Tables made structure by structure, for the tests of what Linux makes of them. */
public final class Tables {
  public static final String IOAPIC = scope(3, 8, "f0 1f00");

  private Tables() {}

  /** A DMAR table of 46 bits with interrupt remapping. */
  public static AcpiTable dmar(String... structures) {
    return dmar(46, 1, structures);
  }

  public static AcpiTable dmar(int widthBits, int flags, String... structures) {
    return AcpiTable.read("made", dmarBytes(widthBits, flags, structures));
  }

  public static byte[] dmarBytes(String... structures) {
    return dmarBytes(46, 1, structures);
  }

  private static byte[] dmarBytes(int widthBits, int flags, String... structures) {
    String fields = hex(widthBits - 1, 1) + hex(flags, 1) + "00".repeat(10);
    return table("DMAR", fields + String.join("", structures));
  }

  public static String drhd(long base, int flags, int segment, String... scopes) {
    String content = hex(flags, 1) + "00" + hex(segment, 2) + hex(base, 8);
    return structure(0, content + String.join("", scopes));
  }

  public static String rmrr(long base, long limit, int segment, String... scopes) {
    String content = "0000" + hex(segment, 2) + hex(base, 8) + hex(limit, 8);
    return structure(1, content + String.join("", scopes));
  }

  public static String rhsa(long base) {
    return structure(3, "00000000" + hex(base, 8) + "01000000");
  }

  public static String andd(int number, String name) {
    return structure(
        4,
        "000000"
            + hex(number, 1)
            + HexFormat.of().formatHex(name.getBytes(StandardCharsets.ISO_8859_1)));
  }

  /** A DMAR structure with its type and its length in front. */
  public static String structure(int type, String content) {
    return hex(type, 2) + hex(4 + bytes(content).length, 2) + content;
  }

  public static String scope(int type, int number, String busAndPath) {
    String path = busAndPath.replace(" ", "");
    return hex(type, 1) + hex(5 + path.length() / 2, 1) + "0000" + hex(number, 1) + path;
  }

  public static String endpoint(String busAndPath) {
    return scope(1, 0, busAndPath);
  }

  public static String bridge(String busAndPath) {
    return scope(2, 0, busAndPath);
  }

  /** An IVRS table of 48 bits. */
  public static AcpiTable ivrs(String... blocks) {
    return AcpiTable.read("made", ivrsBytes(blocks));
  }

  public static byte[] ivrsBytes(String... blocks) {
    return table("IVRS", IVRS_FIELDS + String.join("", blocks));
  }

  public static final String IVRS_FIELDS = "41302000" + "00".repeat(8);

  public static final String SOUTHBRIDGE = special(0x20, "a000", 1);

  public static String ivhd(int type, int device, long base, int segment, String... entries) {
    String image = type == 0x10 ? "" : "00".repeat(16);
    String content =
        hex(device, 2) + "4000" + hex(base, 8) + hex(segment, 2) + "0000" + "00".repeat(4);
    return block(type, 0, content + image + String.join("", entries));
  }

  public static String ivmd(int type, int flags, int first, int last, long start, long bytes) {
    String content = hex(first, 2) + hex(last, 2) + "00".repeat(8) + hex(start, 8) + hex(bytes, 8);
    return block(type, flags, content);
  }

  /** An IVRS block with its type, its flags and its length in front. */
  public static String block(int type, int flags, String content) {
    return hex(type, 1) + hex(flags, 1) + hex(4 + bytes(content).length, 2) + content;
  }

  public static String range(int first, int last) {
    return "03" + hex(first, 2) + "00" + "04" + hex(last, 2) + "00";
  }

  public static String special(int handle, String device, int variety) {
    return "48000000" + hex(handle, 1) + device + hex(variety, 1);
  }

  /** An APIC table; the structures begin with type and length. */
  public static AcpiTable madt(String... structures) {
    return AcpiTable.read("made", madtBytes(structures));
  }

  public static byte[] madtBytes(String... structures) {
    return table("APIC", "0000e0fe01000000" + String.join("", structures));
  }

  public static String ioApic(int id, long address, long gsiBase) {
    return "010c" + hex(id, 1) + "00" + hex(address, 4) + hex(gsiBase, 4);
  }

  public static String localApic(int id, int flags) {
    return "0008" + "00" + hex(id, 1) + hex(flags, 4);
  }

  public static String localX2apic(long id, int flags) {
    return "0910" + "0000" + hex(id, 4) + hex(flags, 4) + "00000000";
  }

  /** A whole table with a right checksum. */
  public static byte[] table(String signature, String content) {
    byte[] body = bytes(content);
    ByteBuffer table = ByteBuffer.allocate(36 + body.length).order(ByteOrder.LITTLE_ENDIAN);
    table.put(signature.getBytes(StandardCharsets.ISO_8859_1)).putInt(table.capacity());
    table.put((byte) 1).put((byte) 0).put("OEMID OEMTABLE".getBytes(StandardCharsets.ISO_8859_1));
    table.putInt(1).put("CREA".getBytes(StandardCharsets.ISO_8859_1)).putInt(7).put(body);
    byte sum = 0;
    for (byte b : table.array()) {
      sum += b;
    }
    return table.put(9, (byte) -sum).array();
  }

  /** {@return the file {@code path} of the test resources} */
  public static byte[] resource(String path) {
    try (InputStream in = Tables.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalArgumentException("no such resource: " + path);
      }
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      in.transferTo(bytes);
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(path, e);
    }
  }

  public static String hex(long value, int bytes) {
    byte[] all =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    return HexFormat.of().formatHex(Arrays.copyOf(all, bytes));
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }
}
