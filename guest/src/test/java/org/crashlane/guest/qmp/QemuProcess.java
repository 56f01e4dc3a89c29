// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qmp;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A QEMU of a test's own, without a guest in it: it stands before its first instruction. */
public final class QemuProcess implements AutoCloseable {
  private static final String PROGRAM = "qemu-system-x86_64";
  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  private final Process process;
  private final Path socket;

  private QemuProcess(Process process, Path socket) {
    this.process = process;
    this.socket = socket;
  }

  /** Starts QEMU, or skips the test where there is none. */
  public static QemuProcess start(Path directory, String... options) throws Exception {
    assumeTrue(isThere(), PROGRAM + " is not installed");
    Path socket = directory.resolve("qmp.sock");
    List<String> command = new ArrayList<>();
    command.addAll(List.of(PROGRAM, "-S", "-accel", "tcg", "-nodefaults", "-display", "none"));
    command.addAll(List.of("-qmp", "unix:" + socket + ",server=on,wait=off"));
    command.addAll(List.of(options));
    Path log = directory.resolve("qemu.log");
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (!answers(socket)) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        process.destroyForcibly();
        return fail("QEMU did not start: " + Files.readString(log));
      }
      Thread.sleep(20);
    }
    return new QemuProcess(process, socket);
  }

  /** {@return true if its main loop runs: all that the options ask for is there then} */
  private static boolean answers(Path socket) {
    try (QmpClient qmp = QmpClient.connect(socket)) {
      return !qmp.isRunning();
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isThere() {
    return Stream.of(System.getenv("PATH").split(":"))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, PROGRAM)));
  }

  /** {@return its control socket} */
  public Path socket() {
    return socket;
  }

  /** Kills it at once and waits until it is gone. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() throws IOException {
    try {
      kill();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while QEMU ended", e);
    }
  }
}
