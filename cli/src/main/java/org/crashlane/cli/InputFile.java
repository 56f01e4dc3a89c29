// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
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
    if (name.isEmpty()) {
      throw new IOException("'': an empty name is no file");
    }
    byte[] bytes;
    if (isStandardInput()) {
      bytes = standardInput.readNBytes(maxBytes + 1);
    } else {
      try (InputStream in = Files.newInputStream(Path.of(name))) {
        bytes = in.readNBytes(maxBytes + 1);
      } catch (IOException e) {
        throw named(e);
      }
    }
    if (bytes.length > maxBytes) {
      throw new MalformedInputException(
          source(), maxBytes, "more than the %d bytes that this may have".formatted(maxBytes));
    }
    return bytes;
  }

  /** The JDK's own messages for a folder and for a failing device name no file. */
  private IOException named(IOException e) {
    if (Files.isDirectory(Path.of(name))) {
      return new IOException(name + ": is a directory", e);
    }
    return e instanceof FileSystemException ? e : new IOException(name + ": " + e.getMessage(), e);
  }

  private boolean isStandardInput() {
    return name.equals("-");
  }
}
