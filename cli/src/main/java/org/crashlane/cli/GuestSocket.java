// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.nio.file.Path;

/**
 * A live guest, written {@code qemu:SOCKET}.
 *
 * @param path QEMU's control socket
 */
record GuestSocket(Path path) {
  /** What goes before the socket. */
  static final String SCHEME = "qemu:";

  @Override
  public String toString() {
    return SCHEME + path;
  }
}
