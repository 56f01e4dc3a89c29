// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.crashlane.bits.MalformedInputException;

/**
 * A file named on the command line; {@code -} is the standard input.
 *
 * @param name as the user wrote it
 */
record InputFile(String name) {

  /** {@return what to call it in messages} */
  String source() {
    return isStandardInput() ? "standard input" : name;
  }

  /**
   * {@return all its bytes}
   *
   * @param maxBytes how many it may have: a wrong file must not fill the memory
   * @throws MalformedInputException if it has more
   */
  byte[] read(int maxBytes, InputStream standardInput) throws IOException {
    byte[] bytes;
    if (isStandardInput()) {
      bytes = standardInput.readNBytes(maxBytes + 1);
    } else {
      try (InputStream in = Files.newInputStream(Path.of(name))) {
        bytes = in.readNBytes(maxBytes + 1);
      } catch (IOException e) {
        // The JDK's own message for a folder names no file.
        throw Files.isDirectory(Path.of(name)) ? new IOException(name + ": is a folder", e) : e;
      }
    }
    if (bytes.length > maxBytes) {
      throw new MalformedInputException(
          source(), maxBytes, "more than the %d bytes that this may have".formatted(maxBytes));
    }
    return bytes;
  }

  private boolean isStandardInput() {
    return name.equals("-");
  }
}
