// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.PrintWriter;
import java.util.function.LongSupplier;
import org.crashlane.cli.Terminal.ProgressLines;

/**
 * One line that tells how far long work is. On a terminal the line is written over in place and
 * gone at the end; elsewhere (a log file) there is a line now and then. Work that is done quickly
 * shows nothing.
 */
final class Progress implements AutoCloseable {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final long TERMINAL_EVERY_NANOS = NANOS_PER_SECOND / 8;
  private static final long LOG_EVERY_NANOS = 10 * NANOS_PER_SECOND;
  private static final String TO_LINE_START_AND_CLEAR = "\r\u001b[K";

  private final PrintWriter err;
  private final ProgressLines lines;
  private final int columns;
  private final LongSupplier clockNanos;
  private final long startedNanos;
  private long shownNanos;
  private boolean lineStands;

  private Progress(Terminal terminal, LongSupplier clockNanos) {
    this.err = terminal.err();
    this.lines = terminal.progress();
    this.columns = terminal.columns();
    this.clockNanos = clockNanos;
    this.startedNanos = clockNanos.getAsLong();
    this.shownNanos = startedNanos;
  }

  /**
   * {@return progress on {@code terminal}'s error stream}
   *
   * @param clockNanos a clock that only goes forward, such as {@link System#nanoTime}
   */
  static Progress on(Terminal terminal, LongSupplier clockNanos) {
    return new Progress(terminal, clockNanos);
  }

  /** Says what is being done, if the last line is old enough. Call it as often as convenient. */
  void update(String what) {
    long now = clockNanos.getAsLong();
    if (isDue(now)) {
      show(what, now, "");
    }
  }

  /** Says what is being done from now on, at once: for changes that are few. */
  void change(String what) {
    if (lines != ProgressLines.NONE) {
      show(what, clockNanos.getAsLong(), "");
    }
  }

  /**
   * As {@link #update(String)}, with how much is done: {@code crashing: 3 of 12 (1 s, about 3 s to
   * go)}.
   */
  void update(String what, long doneCount, long totalCount) {
    long now = clockNanos.getAsLong();
    if (!isDue(now)) {
      return;
    }
    long elapsedNanos = now - startedNanos;
    long toGo =
        Math.ceilDiv(
            elapsedNanos * (totalCount - doneCount), Math.max(1, doneCount) * NANOS_PER_SECOND);
    show(
        "%s: %d of %d".formatted(what, doneCount, totalCount), now, ", about " + toGo + " s to go");
  }

  private boolean isDue(long now) {
    return switch (lines) {
      case IN_PLACE -> now - shownNanos >= TERMINAL_EVERY_NANOS;
      case NOW_AND_THEN -> now - shownNanos >= LOG_EVERY_NANOS;
      case NONE -> false;
    };
  }

  private void show(String what, long now, String estimate) {
    shownNanos = now;
    String line = "%s (%d s%s)".formatted(what, (now - startedNanos) / NANOS_PER_SECOND, estimate);
    if (lines == ProgressLines.IN_PLACE) {
      err.print(TO_LINE_START_AND_CLEAR + cut(line));
      err.flush();
      lineStands = true;
    } else {
      err.println("crashlane: " + line);
    }
  }

  /** Takes the line away. */
  @Override
  public void close() {
    if (lineStands) {
      err.print(TO_LINE_START_AND_CLEAR);
      err.flush();
      lineStands = false;
    }
  }

  /** A line that runs on into the next one could not be written over. */
  private String cut(String line) {
    return line.length() < columns ? line : line.substring(0, columns - 1);
  }
}
