// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/** A running QEMU. */
final class QemuProcess {
  private static final int QUOTED_BYTES = 2000;
  private static final Duration END_LIMIT = Duration.ofSeconds(10);

  private final Process process;
  private final Path log;
  private final long startNanos = System.nanoTime();

  private QemuProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** Starts QEMU; {@code teardown} stops it. */
  static QemuProcess start(List<String> argv, WorkArea area, Teardown teardown) throws IOException {
    Process process =
        new ProcessBuilder(argv)
            .directory(area.directory().toFile())
            .redirectErrorStream(true)
            .redirectOutput(area.qemuLog().toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .start();
    QemuProcess qemu = new QemuProcess(process, area.qemuLog());
    teardown.add(qemu::kill);
    Files.writeString(area.qemuPid(), Long.toString(process.pid()));
    return qemu;
  }

  /** Runs {@code then} when QEMU has ended, with what it said last. */
  void onEnd(java.util.function.Consumer<String> then) {
    Thread.ofVirtual()
        .name("qemu-end")
        .start(() -> then.accept(ending(process.onExit().join().exitValue())));
  }

  /** {@return its exit status, if it ends by itself in time} */
  OptionalInt awaitEnd() throws IOException {
    try {
      return process.waitFor(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
          ? OptionalInt.of(process.exitValue())
          : OptionalInt.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while QEMU ended");
    }
  }

  /** {@return how long it has run} */
  Duration age() {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  private void kill() throws IOException {
    process.destroyForcibly();
    if (awaitEnd().isEmpty()) {
      throw new IOException("QEMU (process " + process.pid() + ") does not end");
    }
  }

  private String ending(int status) {
    String said;
    try {
      byte[] bytes = Files.readAllBytes(log);
      int from = Math.max(0, bytes.length - QUOTED_BYTES);
      said = new String(bytes, from, bytes.length - from, java.nio.charset.StandardCharsets.UTF_8);
    } catch (IOException e) {
      said = log + ": " + e.getMessage();
    }
    return "QEMU ended with status " + status + (said.isBlank() ? "" : ": " + said.strip());
  }
}
