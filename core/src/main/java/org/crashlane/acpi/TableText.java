// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.List;
import java.util.Locale;
import org.crashlane.bits.Hex;

/** A table as a tree for people; offsets in front, as {@code hexdump} would show them. */
final class TableText {
  private static final int OFFSET_DIGITS = 4;
  private static final int KIB_SHIFT = 10;
  private final StringBuilder text = new StringBuilder();

  /** Says what the ACPI header has. */
  void head(AcpiTable table) {
    AcpiHeader header = table.header();
    line(
        "%s revision %d, %d bytes, checksum %s"
            .formatted(
                header.signature(),
                header.revision(),
                header.lengthBytes(),
                table.checksum().name().toLowerCase(Locale.ROOT)));
    line(
        "OEM %s, table %s, revision %s; creator %s, revision %s"
            .formatted(
                Quoted.of(header.oemId()),
                Quoted.of(header.oemTableId()),
                Hex.of(header.oemRevision()),
                Quoted.of(header.creatorId()),
                Hex.of(header.creatorRevision())));
  }

  /** Adds a structure. */
  void structure(Extent at, String name, String summary) {
    line("%s  %-7s %s".formatted(Hex.of(at.offset(), OFFSET_DIGITS), name, summary));
  }

  /** Adds a part of the structure above. */
  void part(Extent at, String summary) {
    line("%s    %s".formatted(Hex.of(at.offset(), OFFSET_DIGITS), summary));
  }

  /** Adds structures that are shown field by field, and the structures in them. */
  void entries(List<TableEntry> entries) {
    for (TableEntry entry : entries) {
      line("%s  %s".formatted(Hex.of(entry.at().offset(), OFFSET_DIGITS), summary(entry)));
      entry.parts().forEach(part -> part(part.at(), summary(part)));
    }
  }

  private static String summary(TableEntry entry) {
    StringBuilder summary = new StringBuilder(entry.name());
    if (!entry.isKnown()) {
      summary.append(" type %d, %d bytes".formatted(entry.type(), entry.at().lengthBytes()));
    }
    String separator = ": ";
    for (FieldValue field : entry.fields()) {
      summary.append(separator).append(field);
      separator = ", ";
    }
    if (!entry.text().isEmpty()) {
      summary.append(separator).append(Quoted.of(entry.text()));
      separator = ", ";
    }
    if (!entry.rest().isEmpty()) {
      summary.append(separator).append("bytes ").append(entry.rest());
    }
    return summary.toString();
  }

  void line(String line) {
    text.append(line).append('\n');
  }

  @Override
  public String toString() {
    return text.toString();
  }

  static String flags(long flags, List<String> names) {
    return Hex.of(flags, 2) + (names.isEmpty() ? "" : " (" + String.join(", ", names) + ")");
  }

  static String segment(int segment) {
    return "%04x".formatted(segment);
  }

  /** A size in the largest binary unit that divides it; all 2^64 bytes are said so. */
  static String size(long bytes) {
    if (bytes == 0) {
      return "all of memory";
    }
    String[] units = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    int unit = Math.min(Long.numberOfTrailingZeros(bytes) / KIB_SHIFT, units.length - 1);
    return Long.toUnsignedString(bytes >>> (unit * KIB_SHIFT)) + " " + units[unit];
  }
}
