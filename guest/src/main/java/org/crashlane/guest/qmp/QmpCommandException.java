// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qmp;

import java.io.IOException;
import java.nio.file.Path;

/** QEMU answered a command with an error; the connection itself is sound. */
public final class QmpCommandException extends IOException {
  private static final long serialVersionUID = 1L;

  QmpCommandException(Path socket, String command, String description) {
    super(socket + ": QEMU refused '" + command + "': " + description);
  }
}
