// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.crashlane.bits.Hex;
import org.crashlane.bits.MalformedInputException;

/**
 * A file from one offset to its end, read by copying: for headers and notes. Offsets are counted
 * from the beginning of the window; messages count from the beginning of the file.
 */
final class DumpWindow implements Closeable {
  private final Path file;
  private final FileChannel channel;
  private final long startBytes;
  private final long sizeBytes;

  private DumpWindow(Path file, FileChannel channel, long startBytes, long sizeBytes) {
    this.file = file;
    this.channel = channel;
    this.startBytes = startBytes;
    this.sizeBytes = sizeBytes;
  }

  /**
   * Opens the window.
   *
   * @throws MalformedInputException if the file ends before {@code startBytes}
   * @throws IOException with the path
   */
  static DumpWindow open(Path file, long startBytes) throws IOException {
    if (startBytes < 0) {
      throw new IllegalArgumentException("offset of the dump is negative: " + startBytes);
    }
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      long fileBytes = channel.size();
      if (startBytes > fileBytes) {
        throw new MalformedInputException(
            file.toString(), startBytes, "the file ends before it, at " + Hex.of(fileBytes));
      }
      return new DumpWindow(file, channel, startBytes, fileBytes - startBytes);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  String source() {
    return file.toString();
  }

  /** {@return how many bytes there are} */
  long sizeBytes() {
    return sizeBytes;
  }

  /** {@return {@code offset} counted from the beginning of the file} */
  long inFile(long offset) {
    return startBytes + offset;
  }

  /** {@return true if all of the bytes are there; takes any 64-bit values, unsigned} */
  boolean holds(long offset, long lengthBytes) {
    return offset >= 0
        && lengthBytes >= 0
        && offset <= sizeBytes
        && lengthBytes <= sizeBytes - offset;
  }

  /** {@return the error that {@code reason} is at {@code offset}} */
  MalformedInputException malformed(long offset, String reason) {
    return new MalformedInputException(source(), inFile(offset), reason);
  }

  /**
   * {@return a little-endian buffer of the bytes}
   *
   * @param what what they are, for messages
   * @throws MalformedInputException if the file ends before their end
   */
  ByteBuffer read(long offset, int lengthBytes, String what) throws IOException {
    if (!holds(offset, lengthBytes)) {
      throw malformed(
          offset,
          "%s of %d bytes does not end before the file does, at %s"
              .formatted(what, lengthBytes, Hex.of(inFile(sizeBytes))));
    }
    return readUpTo(offset, lengthBytes);
  }

  /** {@return a little-endian buffer of the bytes, or of those before the end of the file} */
  ByteBuffer readUpTo(long offset, int lengthBytes) throws IOException {
    return readInFile(startBytes + offset, lengthBytes);
  }

  /** Reads as {@link #readUpTo} does, {@code offset} counted from the beginning of the file. */
  ByteBuffer readInFile(long offset, int lengthBytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(lengthBytes).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (readFrom(offset + buffer.position(), buffer) < 0) {
        break;
      }
    }
    return buffer.flip();
  }

  /** The channel's own errors do not name the file. */
  private int readFrom(long offset, ByteBuffer into) throws IOException {
    try {
      return channel.read(into, offset);
    } catch (IOException e) {
      throw new IOException(file + ": at offset " + Hex.of(offset) + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
