// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qmp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Lines out of a channel, none longer than a bound. */
final class LineReader {
  private static final int BUFFER_BYTES = 1 << 16;

  private final ReadableByteChannel channel;
  private final int lineLimitBytes;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).flip();

  LineReader(ReadableByteChannel channel, int lineLimitBytes) {
    this.channel = channel;
    this.lineLimitBytes = lineLimitBytes;
  }

  /**
   * {@return the next line without its end, or nothing if the channel ended}
   *
   * @throws IOException if the channel fails or a line is longer than the bound
   */
  Optional<String> next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      while (buffer.hasRemaining()) {
        byte b = buffer.get();
        if (b == '\n') {
          return Optional.of(line.toString(StandardCharsets.UTF_8));
        }
        if (line.size() == lineLimitBytes) {
          throw new IOException("a line is longer than " + lineLimitBytes + " bytes");
        }
        line.write(b);
      }
      buffer.clear();
      int count = channel.read(buffer);
      buffer.flip();
      if (count < 0) {
        return Optional.empty();
      }
    }
  }
}
