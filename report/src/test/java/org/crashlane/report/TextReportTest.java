// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextReportTest {

  @Test
  void brokenVerdictIsWorstFirstWithEvidenceAndRemedy() throws IOException {
    Golden.check("broken.txt", new TextReport(100, Colours.off()).of(Verdicts.broken()));
  }

  @Test
  void narrowTerminalWrapsAtSpacesAndKeepsAddressesWhole() throws IOException {
    Golden.check("broken-narrow.txt", new TextReport(60, Colours.off()).of(Verdicts.broken()));
  }

  @Test
  void coloursAreEscapesAroundTheSameText() {
    String plain = new TextReport(80, Colours.off()).of(Verdicts.broken());
    String coloured = new TextReport(80, new Colours(true)).of(Verdicts.broken());
    assertTrue(coloured.startsWith("\u001b[31mBROKEN\u001b[0m"), coloured);
    assertEquals(plain, coloured.replaceAll("\u001b\\[[0-9]*m", ""));
  }

  @Test
  void verdictWithoutFindingsIsOneLine() {
    assertEquals("HOLDS  nothing found\n", new TextReport(80, Colours.off()).of(Verdicts.holds()));
  }

  @Test
  void unknownVerdictSaysSo() {
    String text = new TextReport(80, Colours.off()).of(Verdicts.unknown());
    assertTrue(text.startsWith("UNKNOWN  1 unknown\n"), text);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 40, 41, 60, 79, 80, 100, 1000})
  void noLineIsLongerThanTheWidthUnlessItIsOneWord(int width) {
    String text = new TextReport(width, Colours.off()).of(Verdicts.broken());
    text.lines()
        .filter(line -> line.length() > Math.max(width, 40))
        .forEach(line -> assertTrue(!line.strip().contains(" "), line));
  }
}
