// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.crashlane.guest.lab.net.QemuSocket;

/**
 * The guest's serial line: a unix socket that QEMU connects to, so that no line is lost and nobody
 * waits for a file to appear.
 */
final class SerialConsole implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 16;

  /** A guest that prints endlessly must not fill the host's memory. */
  private static final int LINE_LIMIT_CHARS = 1 << 16;

  private static final int LINE_LIMIT_COUNT = 200_000;

  private static final Duration REASON_LIMIT = Duration.ofSeconds(2);

  private final ServerSocketChannel server;
  private final List<String> lines = new ArrayList<>();
  private final StringBuilder unfinished = new StringBuilder();
  private SocketChannel guest;
  private String ended = "";

  private SerialConsole(ServerSocketChannel server) {
    this.server = server;
  }

  /** {@return a console waiting for QEMU on {@code socket}} */
  static SerialConsole listen(Path socket) throws IOException {
    SerialConsole console = new SerialConsole(QemuSocket.listen(socket));
    Thread.ofVirtual().name("serial-console").start(console::readAll);
    return console;
  }

  /**
   * Waits for the first line from {@code firstLine} on that is wanted.
   *
   * @return its number
   * @throws LabException if the line does not come in time or the guest ends first
   */
  synchronized int await(Phase phase, int firstLine, Predicate<String> wanted, Duration limit)
      throws IOException {
    long deadlineNanos = System.nanoTime() + limit.toNanos();
    int next = firstLine;
    while (true) {
      for (; next < lines.size(); next++) {
        if (wanted.test(lines.get(next))) {
          return next;
        }
      }
      if (!ended.isEmpty()) {
        throw new LabException(phase, ended, List.copyOf(lines));
      }
      long leftNanos = deadlineNanos - System.nanoTime();
      if (leftNanos <= 0) {
        throw new LabException(
            phase, "not done after " + limit.toSeconds() + " s", List.copyOf(lines));
      }
      try {
        wait(leftNanos / 1_000_000 + 1);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while " + phase.words());
      }
    }
  }

  /** {@return all lines so far} */
  synchronized List<String> lines() {
    return List.copyOf(lines);
  }

  /** Types a line into the guest. */
  void send(String line) throws IOException {
    ByteBuffer bytes = StandardCharsets.US_ASCII.encode(line + "\n");
    SocketChannel channel;
    synchronized (this) {
      channel = guest;
    }
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Tells those who wait that no more lines come, and why; the first reason counts. */
  synchronized void end(String reason) {
    if (ended.isEmpty()) {
      ended = reason;
    }
    notifyAll();
  }

  @Override
  public void close() throws IOException {
    end("the console was closed");
    server.close();
    synchronized (this) {
      if (guest != null) {
        guest.close();
      }
    }
  }

  private void readAll() {
    try {
      SocketChannel accepted = server.accept();
      synchronized (this) {
        guest = accepted;
      }
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
      while (accepted.read(buffer) >= 0) {
        buffer.flip();
        take(StandardCharsets.ISO_8859_1.decode(buffer));
        buffer.clear();
      }
      awaitReason();
      end("the guest ended");
    } catch (ClosedChannelException e) {
      end("the console was closed");
    } catch (IOException e) {
      end("the console broke: " + e.getMessage());
    }
  }

  /** Whoever watches QEMU says more of its end than a console that falls silent. */
  private synchronized void awaitReason() {
    long deadlineNanos = System.nanoTime() + REASON_LIMIT.toNanos();
    try {
      for (long left = REASON_LIMIT.toMillis();
          ended.isEmpty() && left > 0;
          left = (deadlineNanos - System.nanoTime()) / 1_000_000) {
        wait(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void take(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n') {
        add(unfinished.toString());
        unfinished.setLength(0);
      } else if (c != '\r' && unfinished.length() < LINE_LIMIT_CHARS) {
        unfinished.append(c);
      }
    }
  }

  private void add(String line) {
    synchronized (this) {
      if (lines.size() < LINE_LIMIT_COUNT) {
        lines.add(line);
      }
      notifyAll();
    }
  }
}
