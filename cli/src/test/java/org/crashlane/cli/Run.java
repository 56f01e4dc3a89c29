// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;

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
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    InputStream in = new ByteArrayInputStream(standardInput);
    Terminal terminal = Terminal.plain(in, new PrintWriter(out), new PrintWriter(err));
    int code = Main.run(terminal, args);
    return new Run(code, out.toString(), err.toString());
  }
}
