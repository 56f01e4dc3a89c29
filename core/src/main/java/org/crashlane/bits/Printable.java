// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

/** Text of others' making, safe to show on a terminal: guests, monitors, tables, programs. */
public final class Printable {
  private static final char FIRST = ' ';
  private static final char LAST = '~';
  private static final int LATIN_LAST = 0xff;
  private static final String CUT = "...";

  private Printable() {}

  /**
   * {@return {@code text} as one line: line ends become a blank, and what a terminal would act on
   * instead of showing it (control and format characters) is written as in {@link #of}; letters of
   * all languages stay}
   */
  public static String line(String text) {
    StringBuilder line = new StringBuilder();
    text.strip()
        .replaceAll("\\s*\\R\\s*", " ")
        .codePoints()
        .forEach(c -> {
          if (isShown(c)) {
            line.appendCodePoint(c);
          } else {
            line.append(writtenOut(c));
          }
        });
    return line.toString();
  }

  private static boolean isShown(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }

  private static String writtenOut(int character) {
    return String.format(character <= LATIN_LAST ? "\\x%02x" : "\\u%04x", character);
  }

  /**
   * {@return {@code text} with what is no printable ASCII written as its number in hexadecimal
   * behind a backslash and x, or u where it takes four digits; cut where it is longer than wanted}
   *
   * @param charCountMax how long the text may be, before anything is written out
   */
  public static String of(String text, int charCountMax) {
    boolean cut = text.length() > charCountMax;
    int end = cut ? Math.max(0, charCountMax - CUT.length()) : text.length();
    StringBuilder printable = new StringBuilder();
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (c >= FIRST && c <= LAST) {
        printable.append(c);
      } else {
        printable.append(writtenOut(c));
      }
    }
    return cut ? printable.append(CUT).toString() : printable.toString();
  }
}
