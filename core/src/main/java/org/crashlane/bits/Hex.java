// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

/** Numbers as kernels and manuals print them: lower-case hexadecimal behind {@code 0x}. */
public final class Hex {
  private static final int HEX_RADIX = 16;

  private Hex() {}

  /** {@return {@code value}, unsigned, without leading zeros} */
  public static String of(long value) {
    return "0x" + Long.toHexString(value);
  }

  /** {@return {@code value}, unsigned, filled with zeros to {@code digits} hexadecimal digits} */
  public static String of(long value, int digits) {
    String text = Long.toHexString(value);
    return "0x" + "0".repeat(Math.max(0, digits - text.length())) + text;
  }

  /**
   * Reads an unsigned number, hexadecimal with or without {@code 0x}.
   *
   * @throws IllegalArgumentException if {@code text} is no hexadecimal number of 64 bits, naming it
   */
  public static long parse(String text) {
    String digits = text.startsWith("0x") || text.startsWith("0X") ? text.substring(2) : text;
    if (digits.startsWith("+")) {
      // The library's parser takes a sign; an address has none.
      throw new IllegalArgumentException("not a hexadecimal number: '" + text + "'");
    }
    try {
      return Long.parseUnsignedLong(digits, HEX_RADIX);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a hexadecimal number: '" + text + "'", e);
    }
  }
}
