// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import org.crashlane.bits.Printable;
import org.crashlane.report.Colours;

/**
 * Where the program writes, and what it knows of the reader there.
 *
 * <p>The launcher looks whether the streams are terminals and says so by system properties: the JVM
 * can tell of the input and the output together only, and of the error stream not at all.
 *
 * @param in the standard input
 * @param out results
 * @param err errors and progress
 * @param colours for {@code out}
 * @param progress how progress is shown on {@code err}
 * @param columns characters in a line of the terminal
 */
record Terminal(
    InputStream in,
    PrintWriter out,
    PrintWriter err,
    Colours colours,
    ProgressLines progress,
    int columns) {
  private static final int COLUMNS_NARROWEST = 40;
  private static final int COLUMNS_USUAL = 100;
  private static final int COLUMNS_WIDEST = 160;

  /** How progress is shown. */
  enum ProgressLines {
    /** By a line that is written over. */
    IN_PLACE,
    /** By a line now and then: a file or a pipe. */
    NOW_AND_THEN,
    /** Not at all, and notes neither. */
    NONE
  }

  /**
   * {@return the process's own streams}
   *
   * @param out the standard output
   */
  static Terminal ofProcess(
      Properties properties, Map<String, String> environment, OutputStream out) {
    return new Terminal(
        new FileInputStream(FileDescriptor.in),
        writer(out),
        writer(new FileOutputStream(FileDescriptor.err)),
        Colours.of(Boolean.parseBoolean(properties.getProperty("crashlane.out.tty")), environment),
        Boolean.parseBoolean(properties.getProperty("crashlane.err.tty"))
                && !environment.getOrDefault("TERM", "").equals("dumb")
            ? ProgressLines.IN_PLACE
            : ProgressLines.NOW_AND_THEN,
        columns(properties.getProperty("crashlane.columns", ""), environment));
  }

  /** {@return the same, with results elsewhere} */
  Terminal with(PrintWriter other, Colours otherColours) {
    return new Terminal(in, other, err, otherColours, progress, columns);
  }

  /** {@return the same without progress and notes} */
  Terminal quiet() {
    return new Terminal(in, out, err, colours, ProgressLines.NONE, columns);
  }

  /** {@return a terminal that is none: files or pipes} */
  static Terminal plain(InputStream in, PrintWriter out, PrintWriter err) {
    return new Terminal(in, out, err, Colours.off(), ProgressLines.NOW_AND_THEN, COLUMNS_USUAL);
  }

  /** Says in one line what is wrong; whatever is quoted in it does nothing to the terminal. */
  void complain(String message) {
    err.println("crashlane: " + Printable.line(message));
  }

  /** Says in one line what is worth knowing, unless it shall be quiet. */
  void note(String message) {
    if (progress != ProgressLines.NONE) {
      complain(message);
    }
  }

  /** Shows where something was thrown, quoted texts as {@link #complain} does. */
  void trace(Throwable thrown) {
    StringWriter trace = new StringWriter();
    thrown.printStackTrace(new PrintWriter(trace));
    trace
        .toString()
        .lines()
        .forEach(line -> err.println((line.startsWith("\t") ? "\t" : "") + Printable.line(line)));
  }

  private static PrintWriter writer(OutputStream stream) {
    return new PrintWriter(stream, true, StandardCharsets.UTF_8);
  }

  /** What is no number is a terminal that does not tell its width. */
  private static int columns(String launchers, Map<String, String> environment) {
    String text = launchers.isEmpty() ? environment.getOrDefault("COLUMNS", "") : launchers;
    boolean known = text.matches("[1-9][0-9]{0,3}");
    return known
        ? Math.clamp(Integer.parseInt(text), COLUMNS_NARROWEST, COLUMNS_WIDEST)
        : COLUMNS_USUAL;
  }
}
