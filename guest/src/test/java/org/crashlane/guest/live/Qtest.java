// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.crashlane.bits.Hex;

/** QEMU's test socket: writes registers as a processor would, without a guest kernel. */
final class Qtest implements AutoCloseable {
  private final SocketChannel channel;
  private final BufferedReader in;

  Qtest(Path socket) throws IOException {
    channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(socket));
    in = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
  }

  void write32(long address, long value) throws IOException {
    command("writel " + Hex.of(address) + " " + Hex.of(value));
  }

  void write64(long address, long value) throws IOException {
    command("writeq " + Hex.of(address) + " " + Hex.of(value));
  }

  void write8Port(int port, int value) throws IOException {
    command("outb " + Hex.of(port) + " " + Hex.of(value));
  }

  private void command(String line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    String answer = in.readLine();
    assertTrue(answer != null && answer.startsWith("OK"), line + ": " + answer);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
