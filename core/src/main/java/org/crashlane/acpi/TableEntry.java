// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.List;

/**
 * A structure of a table, field by field.
 *
 * @param at where it is in the table
 * @param type the number of its type
 * @param name the specification's name of the type; {@code "unknown"} if there is none
 * @param fields in their order; those that are reserved are left out
 * @param text its name in the ACPI name space, without the zero byte at its end; empty where it has
 *     none
 * @param parts structures inside it, such as the mappings of an IORT node
 * @param rest what follows the known fields, two hexadecimal digits a byte
 */
public record TableEntry(
    Extent at,
    int type,
    String name,
    List<FieldValue> fields,
    String text,
    List<TableEntry> parts,
    String rest) {
  static final String UNKNOWN = "unknown";

  public TableEntry {
    fields = List.copyOf(fields);
    parts = List.copyOf(parts);
  }

  /** {@return a structure without a name in the ACPI name space and without parts} */
  static TableEntry of(Extent at, int type, String name, List<FieldValue> fields, String rest) {
    return new TableEntry(at, type, name, fields, "", List.of(), rest);
  }

  /** {@return a structure of a type not known, or too short for its type: kept as it is} */
  static TableEntry unknown(Extent at, int type, String content) {
    return of(at, type, UNKNOWN, List.of(), content);
  }

  /** {@return false if the type has no name or the structure is too short for it} */
  public boolean isKnown() {
    return !name.equals(UNKNOWN);
  }

  /**
   * {@return the value of the field {@code field}}
   *
   * @throws IllegalArgumentException if the structure has none of this name
   */
  long value(String field) {
    return fields.stream()
        .filter(f -> f.name().equals(field))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(name + " has no field " + field))
        .value();
  }
}
