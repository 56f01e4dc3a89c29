// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.stream.Stream;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.guest.lab.parts.PartsUnavailableException;
import org.crashlane.memory.Absence;
import org.crashlane.memory.UnreadableMemoryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FailureTest {

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(
            new MalformedInputException("dmar.dat", 36, "truncated"),
            "dmar.dat: at offset 0x24: truncated"),
        Arguments.of(
            new UnreadableMemoryException("vmcore", 4096, Absence.EXCLUDED),
            "vmcore: physical address 0x1000: left out of the dump"),
        Arguments.of(new IllegalArgumentException("not a range: 'x'"), "not a range: 'x'"),
        Arguments.of(new NoSuchFileException("/a b"), "/a b: no such file"),
        Arguments.of(new AccessDeniedException("/dev/mem"), "/dev/mem: permission denied"),
        Arguments.of(
            new FileSystemException("/x/y", null, "Not a directory"), "/x/y: not a directory"),
        Arguments.of(
            new FileAlreadyExistsException("/x/y"), "/x/y: exists, and is not a directory"),
        Arguments.of(
            new PartsUnavailableException("missing qemu: run apt-get"),
            "missing qemu: run apt-get"),
        Arguments.of(new IOException("disk\n  full"), "disk full"),
        Arguments.of(
            new IOException("s: \u001b[31mred\u0007\n\u202e"), "s: \\x1b[31mred\\x07 \\u202e"),
        Arguments.of(new NoSuchFileException("/gr\u00fc\u001bn"), "/gr\u00fc\\x1bn: no such file"),
        Arguments.of(new UncheckedIOException(new IOException("lost")), "lost"),
        Arguments.of(new EOFException(), "java.io.EOFException"));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void failureIsOneLineForPeople(Throwable thrown, String line) {
    assertEquals(line, Failure.describe(thrown));
  }

  @Test
  void defectIsCalledOneAndPointsToDebug() {
    String line = Failure.describe(new IllegalStateException("no\nway"));
    assertTrue(line.contains("no way") && line.contains("--debug"), line);
    assertEquals(1, line.lines().count());
  }

  @Test
  void exhaustedHeapIsNeverTheAnswerBroken() {
    assertEquals(2, failing(new OutOfMemoryError("Java heap space"), false).code());
    assertEquals(2, failing(new StackOverflowError(), false).code());
  }

  @Test
  void whatIsQuotedDoesNothingToTheTerminal() {
    IllegalStateException thrown = new IllegalStateException("\u001b[31mred\u0007\nnext");
    assertEquals(-1, failing(thrown, false).err().indexOf('\u001b'));
    String trace = failing(thrown, true).err();
    assertTrue(trace.contains("\\x1b[31mred\\x07"), trace);
    assertTrue(trace.chars().allMatch(c -> c >= ' ' || c == '\n' || c == '\t'), trace);
    Run misused = Run.of("tables", "\u001b[31m\u0007");
    assertEquals(2, misused.code());
    assertTrue(misused.err().chars().allMatch(c -> c >= ' ' || c == '\n'), misused.err());
  }

  @Test
  void traceIsShownOnDemandOnly() {
    assertFalse(failing(new IllegalStateException("x"), false).err().contains("\tat "));
    assertTrue(failing(new IllegalStateException("x"), true).err().contains("\tat "));
  }

  /** A run of the program whose standard input fails. */
  private static Run failing(Throwable thrown, boolean debug) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Terminal terminal =
        Terminal.plain(new FailingInput(thrown), new PrintWriter(out), new PrintWriter(err));
    String[] args =
        debug ? new String[] {"acpi", "show", "-", "--debug"} : new String[] {"acpi", "show", "-"};
    return new Run(Main.run(terminal, args), out.toString(), err.toString());
  }

  private static final class FailingInput extends InputStream {
    private final Throwable thrown;

    FailingInput(Throwable thrown) {
      this.thrown = thrown;
    }

    @Override
    public int read() {
      switch (thrown) {
        case Error e -> throw e;
        case RuntimeException e -> throw e;
        default -> throw new IllegalArgumentException(thrown);
      }
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      return read();
    }
  }
}
