// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.crashlane.report.Colours.Style;
import org.junit.jupiter.api.Test;

class ColoursTest {

  @Test
  void terminalHasColours() {
    assertTrue(Colours.of(true, Map.of()).on());
  }

  @Test
  void fileHasNone() {
    assertFalse(Colours.of(false, Map.of()).on());
  }

  @Test
  void environmentForbidsThem() {
    assertFalse(Colours.of(true, Map.of("NO_COLOR", "1")).on());
    assertFalse(Colours.of(true, Map.of("TERM", "dumb")).on());
  }

  @Test
  void emptyNoColorForbidsNothing() {
    assertTrue(Colours.of(true, Map.of("NO_COLOR", "")).on());
  }

  @Test
  void plainAndEmptyTextStaysAsItIs() {
    assertEquals("x", new Colours(true).paint(Style.PLAIN, "x"));
    assertEquals("", new Colours(true).paint(Style.BAD, ""));
    assertEquals("x", Colours.off().paint(Style.BAD, "x"));
  }
}
