// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.net;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * Takes a dump that a guest sends over its network, and puts it in order: QEMU hands on what the
 * guest sends by TCP ({@code guestfwd=}), and {@code makedumpfile -F} makes records of it, each
 * with its place in the dump (makedumpfile 1.7.2, struct makedumpfile_header and
 * makedumpfile_data_header, big-endian).
 */
public final class DumpSink implements AutoCloseable {
  /** More than any guest of the lab has to dump. */
  private static final long LIMIT_BYTES = 2L << 30;

  private static final Duration END_LIMIT = Duration.ofSeconds(10);
  private static final byte[] SIGNATURE = {'m', 'a', 'k', 'e', 'd', 'u', 'm', 'p'};
  private static final int HEADER_BYTES = 4096;
  private static final int BLOCK_BYTES = 1 << 16;

  private final ServerSocketChannel server;
  private final FileChannel file;
  private final Thread receiver;

  private DumpSink(ServerSocketChannel server, FileChannel file) {
    this.server = server;
    this.file = file;
    receiver = Thread.ofVirtual().name("dump-sink").unstarted(this::receive);
  }

  /** {@return a sink that waits for QEMU on {@code socket} and fills {@code file}, a new one} */
  public static DumpSink listen(Path socket, Path file) throws IOException {
    FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try {
      DumpSink sink = new DumpSink(QemuSocket.listen(socket), out);
      sink.receiver.start();
      return sink;
    } catch (IOException e) {
      out.close();
      throw e;
    }
  }

  /** Waits until all is written that QEMU, which has ended, had handed on. */
  public void awaitEnd() throws IOException {
    try {
      receiver.join(END_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while the dump was received");
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    file.close();
  }

  /** What is cut or not in order ends the dump there: the judge sees what is missing. */
  private void receive() {
    try (SocketChannel guest = server.accept()) {
      unflatten(new DataInputStream(new BufferedInputStream(Channels.newInputStream(guest))), file);
    } catch (IOException ended) {
      // QEMU has ended, or the run.
    }
  }

  /**
   * Writes each record of {@code in} where it belongs.
   *
   * @throws IOException if it ends early, or is no such stream
   */
  static void unflatten(DataInputStream in, FileChannel out) throws IOException {
    ByteBuffer header = ByteBuffer.wrap(in.readNBytes(HEADER_BYTES));
    if (header.limit() < HEADER_BYTES
        || !header.slice(0, SIGNATURE.length).equals(ByteBuffer.wrap(SIGNATURE))) {
      throw new IOException("not what makedumpfile -F writes");
    }
    byte[] block = new byte[BLOCK_BYTES];
    for (long at = in.readLong(); at >= 0; at = in.readLong()) {
      long left = in.readLong();
      if (left < 0 || left > LIMIT_BYTES || at > LIMIT_BYTES - left) {
        throw new IOException("a record of %d bytes at %d".formatted(left, at));
      }
      while (left > 0) {
        int length = (int) Math.min(left, BLOCK_BYTES);
        in.readFully(block, 0, length);
        ByteBuffer bytes = ByteBuffer.wrap(block, 0, length);
        while (bytes.hasRemaining()) {
          at += out.write(bytes, at);
        }
        left -= length;
      }
    }
  }
}
