// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qtest;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.crashlane.guest.ShutdownHook;

/** A running QEMU: ended on {@link #close}, and killed when the JVM ends before that. */
final class QemuProcess implements AutoCloseable {
  private static final int QUOTED_BYTES = 2048;

  private final Process process;
  private final FileChannel errors;
  private final Duration stopLimit;
  private final ShutdownHook killer;

  private QemuProcess(Process process, FileChannel errors, Duration stopLimit) {
    this.process = process;
    this.errors = errors;
    this.stopLimit = stopLimit;
    this.killer = ShutdownHook.add("stop QEMU " + process.pid(), () -> process.destroyForcibly());
  }

  /**
   * Starts QEMU.
   *
   * @param errorFile where its standard error goes; may be unlinked once this has returned
   */
  static QemuProcess start(List<String> arguments, Path errorFile, Duration stopLimit)
      throws IOException {
    FileChannel errors =
        FileChannel.open(errorFile, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    errors.close();
    FileChannel reading = FileChannel.open(errorFile, StandardOpenOption.READ);
    try {
      Process process =
          new ProcessBuilder(arguments)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(ProcessBuilder.Redirect.appendTo(errorFile.toFile()))
              .redirectError(ProcessBuilder.Redirect.appendTo(errorFile.toFile()))
              .start();
      return new QemuProcess(process, reading, stopLimit);
    } catch (IOException e) {
      reading.close();
      throw e;
    }
  }

  /** {@return the first line of what {@code program --version} prints} */
  static String version(String program, Duration limit) throws IOException {
    Process asked = new ProcessBuilder(program, "--version").redirectErrorStream(true).start();
    try (BufferedReader reader = asked.inputReader()) {
      if (!asked.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new QTestException(program + " --version does not end");
      }
      String line = reader.readLine();
      return line == null ? program : line;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new QTestException("interrupted while asking " + program + " for its version");
    } finally {
      asked.destroyForcibly();
    }
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** {@return {@code what}, with how the process ended if it did, and the end of what it said} */
  QTestException failure(String what) {
    String ended = process.isAlive() ? "" : " (QEMU ended with " + process.exitValue() + ")";
    return QTestException.quoting(what + ended, said());
  }

  private String said() {
    try {
      long from = Math.max(0, errors.size() - QUOTED_BYTES);
      ByteBuffer bytes = ByteBuffer.allocate(QUOTED_BYTES);
      while (errors.read(bytes, from + bytes.position()) > 0) {
        // The channel fills the rest of the buffer.
      }
      return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "(its words cannot be read: " + e.getMessage() + ")";
    }
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      if (!process.waitFor(stopLimit.toNanos(), TimeUnit.NANOSECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    // Where the JVM is ending, the hook runs, and finds the process gone.
    killer.remove();
    errors.close();
  }
}
