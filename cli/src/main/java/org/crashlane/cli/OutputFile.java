// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** A file for a result that is there whole or, if the command fails, as it was before. */
final class OutputFile implements AutoCloseable {
  private final Path target;
  private final Path written;
  private final RememberingOutput stream;
  private final PrintWriter writer;

  private OutputFile(Path target, Path written, RememberingOutput stream) {
    this.target = target;
    this.written = written;
    this.stream = stream;
    this.writer = new PrintWriter(stream, false, StandardCharsets.UTF_8);
  }

  /**
   * {@return a file that will be called {@code path}; what is no regular file (/dev/null, a pipe)
   * is written to as it is}
   *
   * @throws IOException if it cannot be written
   */
  static OutputFile of(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      throw new IOException(path + ": is a directory, and --output takes a file");
    }
    Path target = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      return new OutputFile(target, target, new RememberingOutput(Files.newOutputStream(target)));
    }
    // Otherwise the message would name a file that nobody asked for.
    Path directory = target.getParent();
    if (!Files.isDirectory(directory)) {
      throw new IOException(directory + ": no such directory");
    }
    if (!Files.isWritable(directory)) {
      throw new IOException(directory + ": permission denied");
    }
    Path written =
        target.resolveSibling(
            ".%s.%d".formatted(target.getFileName(), ProcessHandle.current().pid()));
    RememberingOutput stream =
        new RememberingOutput(
            Files.newOutputStream(
                written, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    // After Ctrl-C, too.
    written.toFile().deleteOnExit();
    return new OutputFile(target, written, stream);
  }

  /** {@return where the result is printed} */
  PrintWriter writer() {
    return writer;
  }

  /**
   * Gives the file its name.
   *
   * @throws IOException if not all was written
   */
  void keep() throws IOException {
    writer.close();
    if (stream.loss().isPresent()) {
      throw new IOException(target + ": " + stream.loss().get());
    }
    if (!written.equals(target)) {
      Files.move(written, target, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** Removes what was not kept. */
  @Override
  public void close() throws IOException {
    writer.close();
    if (!written.equals(target)) {
      Files.deleteIfExists(written);
    }
  }
}
