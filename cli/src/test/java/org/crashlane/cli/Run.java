// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.crashlane.report.Colours;

/**
 * One run of the program.
 *
 * @param code its exit code
 * @param out what it wrote
 * @param err what it complained
 */
record Run(int code, String out, String err) {

  static Run of(String... args) {
    return with(new byte[0], args);
  }

  static Run with(byte[] standardInput, String... args) {
    return with(100, standardInput, args);
  }

  /** One run whose lines should fit {@code columns} characters. */
  static Run narrow(int columns, String... args) {
    return with(columns, new byte[0], args);
  }

  private static Run with(int columns, byte[] standardInput, String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    InputStream in = new ByteArrayInputStream(standardInput);
    Terminal terminal =
        new Terminal(
            in,
            new PrintWriter(out),
            new PrintWriter(err),
            Colours.off(),
            Terminal.ProgressLines.NOW_AND_THEN,
            columns);
    int code = Main.run(terminal, args);
    return new Run(code, out.toString(), err.toString());
  }
}
