// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qtest;

import java.io.IOException;

/** QEMU did not start, did not answer in time, refused a command or went away. Quotes its words. */
public final class QTestException extends IOException {
  private static final long serialVersionUID = 1L;

  QTestException(String message) {
    super(message);
  }

  /** {@return an error that ends in what QEMU wrote to its standard error} */
  static QTestException quoting(String what, String standardError) {
    String said = standardError.strip();
    return new QTestException(said.isEmpty() ? what : what + "; QEMU said: " + said);
  }
}
