// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.net;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;

/** The host's end of a socket that QEMU connects to. */
public final class QemuSocket {
  private QemuSocket() {}

  /**
   * {@return a channel that waits for QEMU on {@code socket}}
   *
   * @throws IOException if it cannot, with the path
   */
  public static ServerSocketChannel listen(Path socket) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(socket));
      return server;
    } catch (IOException e) {
      server.close();
      throw new IOException(socket + ": " + e.getMessage(), e);
    }
  }
}
