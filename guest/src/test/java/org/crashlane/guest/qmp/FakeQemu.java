// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qmp;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A socket that one client may come to, and that says what a test wants. */
final class FakeQemu implements AutoCloseable {
  static final String GREETING = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n";

  /** What it does with its client. */
  @FunctionalInterface
  interface Script {
    void run(Client client) throws IOException;
  }

  private final ServerSocketChannel server;

  private FakeQemu(ServerSocketChannel server) {
    this.server = server;
  }

  static FakeQemu listen(Path socket, Script script) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread.ofVirtual()
        .start(() -> {
          try (SocketChannel channel = server.accept()) {
            script.run(new Client(channel));
          } catch (IOException e) {
            // The client has gone, or the test is over.
            return;
          }
        });
    return new FakeQemu(server);
  }

  /** A script that greets and accepts the capabilities, then runs {@code rest}. */
  static Script greeting(Script rest) {
    return client -> {
      client.say(GREETING);
      client.hear();
      client.say("{\"return\": {}, \"id\": 1}\r\n");
      rest.run(client);
    };
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  /** The client, as the socket sees it. */
  record Client(SocketChannel channel) {

    void say(String text) throws IOException {
      say(text.getBytes(StandardCharsets.UTF_8));
    }

    void say(byte[] bytes) throws IOException {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }

    /** Waits for a line, or the end. */
    void hear() throws IOException {
      int b = 0;
      while (b >= 0 && b != '\n') {
        b = Channels.newInputStream(channel).read();
      }
    }
  }
}
