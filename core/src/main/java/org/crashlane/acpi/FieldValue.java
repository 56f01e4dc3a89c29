// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.List;
import java.util.Locale;
import org.crashlane.bits.Hex;

/**
 * One field of a structure, as it was read.
 *
 * @param name the specification's name in camel case
 * @param value unsigned
 * @param bytes how many bytes it takes: 1, 2, 4 or 8
 * @param flagNames names of the flags that are set in it; empty where the field has no flags
 */
public record FieldValue(String name, long value, int bytes, List<String> flagNames) {
  private static final int HEX_DIGITS_PER_BYTE = 2;

  public FieldValue {
    flagNames = List.copyOf(flagNames);
  }

  /** {@return name and value for people} */
  @Override
  public String toString() {
    return "%s %s%s"
        .formatted(
            words(),
            bytes == Long.BYTES ? Hex.of(value) : Hex.of(value, bytes * HEX_DIGITS_PER_BYTE),
            flagNames.isEmpty() ? "" : " (" + String.join(", ", flagNames) + ")");
  }

  /** The name in words: "gsiBase" is "gsi base". */
  private String words() {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1 $2").toLowerCase(Locale.ROOT);
  }
}
