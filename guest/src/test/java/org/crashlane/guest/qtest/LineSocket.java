// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qtest;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A Unix socket of text lines on which no wait is without bound. One thread at a time. */
final class LineSocket implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final long ACCEPT_SLICE_MILLIS = 50;

  private final SocketChannel channel;
  private final Selector selector;
  private final ByteBuffer received = ByteBuffer.allocateDirect(BUFFER_BYTES).flip();

  private LineSocket(SocketChannel channel, Selector selector) {
    this.channel = channel;
    this.selector = selector;
  }

  /** {@return a socket that waits at {@code path} for its one peer} */
  static ServerSocketChannel listen(Path path) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(path), 1);
      server.configureBlocking(false);
      return server;
    } catch (IOException e) {
      server.close();
      throw e;
    }
  }

  /**
   * {@return the connection, or nothing if {@code limit} passed or {@code peerLives} turned false
   * first}
   */
  static Optional<LineSocket> accept(
      ServerSocketChannel server, Duration limit, BooleanSupplier peerLives) throws IOException {
    long end = System.nanoTime() + limit.toNanos();
    try (Selector accepting = Selector.open()) {
      server.register(accepting, SelectionKey.OP_ACCEPT);
      while (peerLives.getAsBoolean() && System.nanoTime() - end < 0) {
        accepting.select(ACCEPT_SLICE_MILLIS);
        SocketChannel channel = server.accept();
        if (channel != null) {
          return Optional.of(over(channel));
        }
      }
    }
    return Optional.empty();
  }

  private static LineSocket over(SocketChannel channel) throws IOException {
    Selector selector = Selector.open();
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_READ);
    return new LineSocket(channel, selector);
  }

  /**
   * Sends all of {@code bytes}.
   *
   * @throws IOException if the peer has gone or has not taken them before {@code endNanos}
   */
  void send(ByteBuffer bytes, long endNanos) throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.write(bytes) == 0) {
        await(SelectionKey.OP_WRITE, endNanos);
      }
    }
  }

  /**
   * {@return the next line, without its end}
   *
   * @throws IOException if the peer has gone, or sent no line before {@code endNanos}, or a line
   *     beyond all bounds
   */
  String receive(long endNanos) throws IOException {
    int scanned = 0;
    while (true) {
      for (; scanned < received.remaining(); scanned++) {
        if (received.get(received.position() + scanned) == '\n') {
          return take(scanned);
        }
      }
      received.compact();
      try {
        if (!received.hasRemaining()) {
          throw new IOException("a line of more than " + BUFFER_BYTES + " bytes");
        }
        fill(endNanos);
      } finally {
        received.flip();
      }
    }
  }

  private String take(int lineBytes) {
    byte[] line = new byte[lineBytes];
    received.get(line).get();
    return new String(line, StandardCharsets.US_ASCII);
  }

  private void fill(long endNanos) throws IOException {
    while (true) {
      int count = channel.read(received);
      if (count > 0) {
        return;
      }
      if (count < 0) {
        throw new IOException("the connection was closed");
      }
      await(SelectionKey.OP_READ, endNanos);
    }
  }

  private void await(int operation, long endNanos) throws IOException {
    long leftMillis = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
    if (leftMillis <= 0) {
      throw new IOException("no answer in time");
    }
    channel.keyFor(selector).interestOps(operation);
    selector.select(leftMillis);
    selector.selectedKeys().clear();
    if (Thread.currentThread().isInterrupted()) {
      throw new IOException("interrupted while waiting for an answer");
    }
  }

  @Override
  public void close() throws IOException {
    selector.close();
    channel.close();
  }
}
