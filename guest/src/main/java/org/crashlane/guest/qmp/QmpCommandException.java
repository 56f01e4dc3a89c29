// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qmp;

import java.io.IOException;
import java.nio.file.Path;
import org.crashlane.bits.Printable;

/** QEMU answered a command with an error; the connection itself is sound. */
public final class QmpCommandException extends IOException {
  private static final long serialVersionUID = 1L;
  private static final int DESCRIPTION_CHARS = 400;

  QmpCommandException(Path socket, String command, String description) {
    super(
        socket
            + ": QEMU refused '"
            + command
            + "': "
            + Printable.of(description, DESCRIPTION_CHARS));
  }
}
