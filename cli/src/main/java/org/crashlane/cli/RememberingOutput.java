// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/**
 * An output that keeps in mind what went wrong with it first: a {@link java.io.PrintWriter} above
 * it says that something did, and not what.
 */
final class RememberingOutput extends FilterOutputStream {
  private static final String CLOSED_PIPE = "Broken pipe";

  private Optional<IOException> failure = Optional.empty();
  private long byteCount;

  RememberingOutput(OutputStream out) {
    super(out);
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    byteCount += length;
    try {
      out.write(bytes, offset, length);
    } catch (IOException e) {
      failure = failure.or(() -> Optional.of(e));
      throw e;
    }
  }

  /** {@return how many bytes were to be written, those lost included} */
  long byteCount() {
    return byteCount;
  }

  /**
   * {@return why text was lost, if it was; a reader that had enough ({@code | head}) lost nothing}
   */
  Optional<String> loss() {
    return failure.map(IOException::getMessage).filter(m -> !CLOSED_PIPE.equals(m));
  }
}
