// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.crashlane.bits.MalformedInputException;

/**
 * What a file has of ACPI tables: one table's bytes, or text with the bytes of any number of tables
 * in hexadecimal, as {@code acpidump}, {@code iasl -d}, {@code xxd} and {@code hexdump} print them.
 * Which it is shows in its content.
 *
 * @param tables those that can be read, in the file's order
 * @param passedOver how many other tables there are, by signature
 */
public record AcpiFile(List<Found> tables, Map<String, Integer> passedOver) {
  private static final int FIRST_PRINTABLE = ' ';
  private static final String TEXT_CONTROLS = "\t\n\r\f";

  public AcpiFile {
    tables = List.copyOf(tables);
    passedOver = Map.copyOf(passedOver);
  }

  /**
   * One table.
   *
   * @param source the file, and the line where the table begins if the file is text
   */
  public record Found(String source, AcpiTable table) {}

  /**
   * Reads a file.
   *
   * @param source its name, for messages
   * @param bytes its content
   * @throws MalformedInputException if there is no table in it that can be read, or lines of one
   *     are missing
   */
  public static AcpiFile read(String source, byte[] bytes) {
    if (!isText(bytes)) {
      return new AcpiFile(List.of(new Found(source, AcpiTable.read(source, bytes))), Map.of());
    }
    List<Found> tables = new ArrayList<>();
    Map<String, Integer> passedOver = new TreeMap<>();
    for (HexListing.Block block : HexListing.read(source, bytes)) {
      String signature = block.signature();
      if (AcpiTable.SIGNATURES.contains(signature)) {
        String place = source + ":" + block.line();
        tables.add(new Found(place, AcpiTable.read(place, block.bytes())));
      } else {
        passedOver.merge(signature, 1, Integer::sum);
      }
    }
    if (tables.isEmpty()) {
      throw new MalformedInputException(
          source,
          0,
          "the text contains no table of %s, only %s"
              .formatted(
                  String.join(", ", AcpiTable.SIGNATURES), String.join(", ", passedOver.keySet())));
    }
    return new AcpiFile(tables, passedOver);
  }

  /** No table's bytes are text: the length in front has a zero byte in any table of real size. */
  private static boolean isText(byte[] bytes) {
    for (byte b : bytes) {
      if (b >= 0 && b < FIRST_PRINTABLE && TEXT_CONTROLS.indexOf(b) < 0) {
        return false;
      }
    }
    return bytes.length > 0;
  }
}
