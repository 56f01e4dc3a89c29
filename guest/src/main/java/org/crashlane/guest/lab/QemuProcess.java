// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.crashlane.bits.Printable;
import org.crashlane.guest.lab.parts.Command;

/** A running QEMU. */
final class QemuProcess {
  private static final int QUOTED_BYTES = 2000;
  private static final Duration END_LIMIT = Duration.ofSeconds(10);

  private static final Duration VERSION_LIMIT = Duration.ofSeconds(5);

  /** 128 and the signal's number: how Java gives the status of a process that a signal ended. */
  private static final int ENDED_BY_SIGBUS = 128 + 7;

  private static final int USAGE_ERROR = 1;
  private static final String UNKNOWN_VERSION = "of a version that is not known";

  private final Process process;
  private final Path program;
  private final WorkArea area;
  private final long startNanos = System.nanoTime();

  private QemuProcess(Process process, Path program, WorkArea area) {
    this.process = process;
    this.program = program;
    this.area = area;
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
    QemuProcess qemu = new QemuProcess(process, Path.of(argv.getFirst()), area);
    teardown.add(qemu::kill);
    Files.writeString(area.qemuPid(), Long.toString(process.pid()));
    return qemu;
  }

  /** Runs {@code then} when QEMU has ended, with what it said last. */
  void onEnd(Consumer<String> then) {
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
    String said = said();
    String ending = "QEMU ended with status " + status + (said.isEmpty() ? "" : ": " + said);
    return switch (status) {
      case ENDED_BY_SIGBUS -> ending + "; there was no room for its memory in " + area.memory();
      case USAGE_ERROR -> ending + "; it is " + version() + ", and the lab needs 5.0 or newer";
      default -> ending;
    };
  }

  /** What it printed last, in one line. */
  private String said() {
    try {
      byte[] bytes = Files.readAllBytes(area.qemuLog());
      int from = Math.max(0, bytes.length - QUOTED_BYTES);
      String text = new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
      return Printable.of(text.strip().replaceAll("\\s*\\R\\s*", " "), QUOTED_BYTES);
    } catch (IOException e) {
      return area.qemuLog() + ": " + e.getMessage();
    }
  }

  private String version() {
    try {
      List<String> asked = List.of(program.toString(), "--version");
      String text = Command.run(area.directory(), VERSION_LIMIT, asked);
      return Printable.of(text.lines().findFirst().orElse(UNKNOWN_VERSION), QUOTED_BYTES);
    } catch (IOException e) {
      return UNKNOWN_VERSION;
    }
  }
}
