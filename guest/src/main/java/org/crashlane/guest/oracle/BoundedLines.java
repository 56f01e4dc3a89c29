// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.zip.ZipException;
import org.crashlane.bits.MalformedInputException;

/** Lines of a stream, none longer than a bound, and all together not either. */
final class BoundedLines implements AutoCloseable {
  private final String source;
  private final InputStream in;
  private final ReplayLimits limits;
  private long offset;
  private long lineOffset;

  BoundedLines(String source, InputStream in, ReplayLimits limits) {
    this.source = source;
    this.in = in;
    this.limits = limits;
  }

  /** {@return the next line without its end, or nothing at the end of the stream} */
  Optional<byte[]> next() throws IOException {
    lineOffset = offset;
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int one = read();
    if (one < 0) {
      return Optional.empty();
    }
    for (; one >= 0 && one != '\n'; one = read()) {
      if (line.size() == limits.lineBytes()) {
        throw malformed("line of more than " + limits.lineBytes() + " bytes");
      }
      line.write(one);
    }
    return Optional.of(line.toByteArray());
  }

  /** {@return where the last line began, in bytes from the beginning of the unpacked stream} */
  long lineOffset() {
    return lineOffset;
  }

  private int read() throws IOException {
    try {
      int one = in.read();
      if (one >= 0 && ++offset > limits.fileBytes()) {
        throw malformed("more than " + limits.fileBytes() + " bytes unpacked");
      }
      return one;
    } catch (EOFException e) {
      throw damaged("the gzip stream ends early", e);
    } catch (ZipException e) {
      throw damaged("the gzip stream is damaged: " + e.getMessage(), e);
    } catch (IOException e) {
      // The system's own reason, such as "Is a directory", names no file.
      throw new IOException(source + ": " + e.getMessage(), e);
    }
  }

  private MalformedInputException malformed(String reason) {
    return new MalformedInputException(source, offset, reason);
  }

  private MalformedInputException damaged(String reason, IOException cause) {
    MalformedInputException told = malformed(reason);
    told.initCause(cause);
    return told;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
