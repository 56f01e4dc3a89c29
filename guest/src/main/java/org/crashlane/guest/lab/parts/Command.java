// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.crashlane.bits.Printable;
import org.crashlane.guest.ShutdownHook;

/** Runs one program of the host to its end, bounded in time, its output kept for messages. */
public final class Command {
  private static final int QUOTED_LINES = 12;
  private static final int SHORT_CHARS = 300;
  private static final int OUTPUT_LIMIT_BYTES = 1 << 20;

  /** In front of the line in which a program says why it failed: apt's, then anybody's. */
  private static final List<String> REASON_MARKS = List.of("E: ", "rror: ", "rror ");

  private Command() {}

  /** A program that failed, or was not done in time. */
  public static final class FailedException extends IOException {
    private static final long serialVersionUID = 1L;
    private final String inShort;

    private FailedException(List<String> argv, String how, String output) {
      super(String.join(" ", argv) + ": " + how + quote(output));
      this.inShort = argv.getFirst() + ": " + how + reason(output);
    }
  }

  /**
   * {@return what went wrong, in one line: a program's own reason rather than how it was called}
   */
  static String inShort(IOException e) {
    return e instanceof FailedException failed
        ? failed.inShort
        : String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  /**
   * {@return what the program printed, both streams together}
   *
   * @param directory where it runs
   * @throws IOException if it cannot start, fails, or is not done within {@code limit}; the message
   *     ends with the last lines it printed
   */
  public static String run(Path directory, Duration limit, List<String> argv) throws IOException {
    return run(directory, limit, Map.of(), argv);
  }

  /** As above, with more environment. */
  static String run(
      Path directory, Duration limit, Map<String, String> environment, List<String> argv)
      throws IOException {
    Path output = Files.createTempFile("crashlane-", ".out");
    try {
      ProcessBuilder builder = new ProcessBuilder(argv).directory(directory.toFile());
      builder.environment().put("LC_ALL", "C");
      builder.environment().putAll(environment);
      builder.redirectErrorStream(true).redirectOutput(output.toFile());
      builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
      return await(builder.start(), limit, argv, output);
    } finally {
      Files.deleteIfExists(output);
    }
  }

  private static String await(Process process, Duration limit, List<String> argv, Path output)
      throws IOException {
    boolean ended;
    try {
      ShutdownHook onStop = ShutdownHook.add("command-stop", () -> stop(process, output));
      try {
        ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
      } finally {
        onStop.remove();
      }
    } catch (IllegalStateException jvmIsStopping) {
      throw cutShort(process, "stopped", argv);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw cutShort(process, "interrupted", argv);
    }
    if (ShutdownHook.isStopping()) {
      throw cutShort(process, "stopped", argv);
    }
    String text = read(output);
    if (!ended) {
      end(process);
      throw new FailedException(argv, "not done after " + limit.toSeconds() + " s", text);
    }
    if (process.exitValue() != 0) {
      throw new FailedException(argv, "exit status " + process.exitValue(), text);
    }
    return text;
  }

  /**
   * The JVM was told to stop: its programs must not run on, nor what they printed stay. They are
   * told, not killed: one of them may be installing packages.
   */
  private static void stop(Process process, Path output) {
    process.destroy();
    try {
      Files.deleteIfExists(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static IOException cutShort(Process process, String how, List<String> argv) {
    end(process);
    return new InterruptedIOException(how + " while running " + String.join(" ", argv));
  }

  private static void end(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private static String read(Path output) throws IOException {
    try (var in = Files.newInputStream(output)) {
      return new String(in.readNBytes(OUTPUT_LIMIT_BYTES), StandardCharsets.UTF_8);
    }
  }

  private static String reason(String text) {
    List<String> lines = text.lines().map(String::strip).filter(l -> !l.isEmpty()).toList();
    if (lines.isEmpty()) {
      return "";
    }
    String telling = lines.getLast();
    for (String mark : REASON_MARKS.reversed()) {
      telling = lines.stream().filter(l -> l.contains(mark)).findFirst().orElse(telling);
    }
    return ": " + Printable.of(telling, SHORT_CHARS);
  }

  private static String quote(String text) {
    List<String> lines = text.lines().toList();
    List<String> last = lines.subList(Math.max(0, lines.size() - QUOTED_LINES), lines.size());
    return last.isEmpty() ? "" : "; it said:\n  " + String.join("\n  ", last);
  }
}
