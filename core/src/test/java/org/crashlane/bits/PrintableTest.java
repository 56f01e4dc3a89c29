// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PrintableTest {

  @Test
  void terminalSequencesAreWrittenOut() {
    assertEquals(
        "\\x1b[31mred\\x07\\x9b\\x0a\\u202e",
        Printable.of("\u001b[31mred\u0007\u009b\n\u202e", 99));
  }

  @Test
  void aLineShowsLettersOfAllLanguagesAndNothingThatATerminalActsOn() {
    assertEquals(
        "\\x1b[31m\u00e4\\x07 b\\x9b\\u202e",
        Printable.line("\u001b[31m\u00e4\u0007\r\n  b\u009b\u202e"));
    assertEquals("", Printable.line(" \n"));
  }

  @Test
  void plainTextStaysAsItIs() {
    assertEquals("a ~ b", Printable.of("a ~ b", 5));
  }

  @Test
  void longTextIsCutAndSaysSo() {
    assertEquals("ab...", Printable.of("abcdef", 5));
    assertEquals("...", Printable.of("abcdef", 0));
  }
}
