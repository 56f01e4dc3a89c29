// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.atomic.AtomicLong;
import org.crashlane.report.Colours;
import org.junit.jupiter.api.Test;

class TickingProgressTest {
  private static final long SECOND = 1_000_000_000L;
  private static final String CLEAR = "\r\u001b[K";

  private final StringWriter err = new StringWriter();

  /** A clock that stands between updates: the ticks in between show nothing. */
  private final AtomicLong clock = new AtomicLong();

  private TickingProgress progress() {
    PrintWriter writer = new PrintWriter(err);
    Terminal terminal =
        new Terminal(
            InputStream.nullInputStream(),
            writer,
            writer,
            Colours.off(),
            Terminal.ProgressLines.IN_PLACE,
            80);
    return TickingProgress.of(Progress.on(terminal, clock::get));
  }

  @Test
  void whichPartOfHowManyIsSaidAndTakenAwayAtTheEnd() {
    try (TickingProgress progress = progress()) {
      clock.addAndGet(SECOND);
      progress.update("off: the guest boots", 5, 5);
    }
    assertEquals(CLEAR + "off: the guest boots: 5 of 5 (1 s)" + CLEAR, err.toString());
  }

  @Test
  void theOnlyPartIsNotCounted() {
    try (TickingProgress progress = progress()) {
      clock.addAndGet(2 * SECOND);
      progress.update("off: the guest boots", 1, 1);
    }
    assertEquals(CLEAR + "off: the guest boots (2 s)" + CLEAR, err.toString());
  }

  @Test
  void nothingIsSaidBehindTheEnd() {
    TickingProgress progress = progress();
    progress.close();
    clock.addAndGet(SECOND);
    progress.update("off: the guest boots", 1, 1);
    assertEquals("", err.toString());
  }
}
