// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class WrapTest {

  @Test
  void textThatFitsIsOneLine() {
    assertEquals(List.of("abc def"), Wrap.lines("abc def", 7));
  }

  @Test
  void textBreaksAtTheLastSpaceThatFits() {
    assertEquals(List.of("abc def", "ghi"), Wrap.lines("abc def ghi", 7));
    assertEquals(List.of("abc", "def", "ghi"), Wrap.lines("abc def ghi", 6));
  }

  @Test
  void longWordStandsAloneAndWhole() {
    assertEquals(
        List.of("at", "0x0123456789abcdef", "it is"), Wrap.lines("at 0x0123456789abcdef it is", 8));
  }

  @Test
  void indentIsKeptInEachLine() {
    assertEquals(List.of("  abc", "  def"), Wrap.lines("  abc def", 6));
  }

  @Test
  void lineBreaksAreKept() {
    assertEquals(List.of("a", "", "b"), Wrap.lines("a\n\nb", 10));
  }

  @Test
  void emptyTextIsOneEmptyLine() {
    assertEquals(List.of(""), Wrap.lines("", 10));
  }
}
