// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import org.crashlane.bits.Hex;

/** Text out of a table, safe to print. */
final class Quoted {
  private static final char FIRST_PRINTABLE = ' ';
  private static final char LAST_PRINTABLE = '~';

  private Quoted() {}

  /**
   * {@return {@code text} in quotes, bytes that are no printable ASCII as {@code \xNN}} Backslashes
   * stay single, as ACPI paths are written everywhere.
   */
  static String of(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < FIRST_PRINTABLE || c > LAST_PRINTABLE) {
        quoted.append('\\').append(Hex.of(c, 2).substring(1));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
