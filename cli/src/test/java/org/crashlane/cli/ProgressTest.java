// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.atomic.AtomicLong;
import org.crashlane.cli.Terminal.ProgressLines;
import org.crashlane.report.Colours;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private static final long SECOND = 1_000_000_000L;
  private static final String CLEAR = "\r\u001b[K";

  private final StringWriter err = new StringWriter();
  private final AtomicLong clock = new AtomicLong(42 * SECOND);

  private Progress progress(boolean terminal, int columns) {
    PrintWriter writer = new PrintWriter(err);
    return Progress.on(
        new Terminal(
            InputStream.nullInputStream(),
            writer,
            writer,
            Colours.off(),
            terminal ? ProgressLines.IN_PLACE : ProgressLines.NOW_AND_THEN,
            columns),
        clock::get);
  }

  @Test
  void quickWorkShowsNothing() {
    try (Progress progress = progress(true, 80)) {
      progress.update("walking");
    }
    assertEquals("", err.toString());
  }

  @Test
  void lineOnATerminalIsWrittenOverAndTakenAway() {
    try (Progress progress = progress(true, 80)) {
      clock.addAndGet(SECOND);
      progress.update("walking", 3, 12);
      progress.update("walking", 4, 12);
      clock.addAndGet(SECOND);
      progress.update("walking", 5, 12);
    }
    assertEquals(
        CLEAR
            + "walking: 3 of 12 (1 s, about 3 s to go)"
            + CLEAR
            + "walking: 5 of 12 (2 s, about 3 s to go)"
            + CLEAR,
        err.toString());
  }

  @Test
  void lineIsCutBeforeTheTerminalsEdge() {
    try (Progress progress = progress(true, 10)) {
      clock.addAndGet(SECOND);
      progress.update("walking far");
    }
    assertEquals(CLEAR + "walking f" + CLEAR, err.toString());
  }

  @Test
  void logFileGetsALineNowAndThen() {
    try (Progress progress = progress(false, 80)) {
      for (int i = 0; i < 25; i++) {
        clock.addAndGet(SECOND);
        progress.update("booting");
      }
    }
    assertEquals("crashlane: booting (10 s)\ncrashlane: booting (20 s)\n", err.toString());
  }
}
