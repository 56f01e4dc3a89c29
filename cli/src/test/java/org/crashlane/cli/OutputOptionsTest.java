// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class OutputOptionsTest {
  @TempDir private Path folder;

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void resultGoesIntoTheFileAndNothingElseIsLeft() throws IOException {
    Path file = folder.resolve("machines.txt");
    Run run = Run.of("machines", "-o", file.toString());
    assertEquals(0, run.code(), run.err());
    assertEquals("", run.out());
    assertEquals(Run.of("machines").out(), Files.readString(file));
    assertEquals(List.of("machines.txt"), names());
  }

  @Test
  void failedCommandLeavesTheFileAsItWas() throws IOException {
    Path file = Files.writeString(folder.resolve("old"), "old");
    assertEquals(2, Run.of("-o", file.toString(), "rehearse", "nothing").code());
    assertEquals(2, Run.of("machines", "--no-such", "--output=" + file).code());
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("old"), names());
  }

  /** They complain themselves, without an exception. */
  @ParameterizedTest
  @ValueSource(strings = {"arm qemu:/nonexistent --when-crashed", "acpi show /nonexistent"})
  void commandThatOnlyComplainsLeavesTheFileAsItWas(String command) throws IOException {
    Path file = Files.writeString(folder.resolve("old"), "old");
    Stream<String> output = Stream.of("-o", file.toString());
    Run run = Run.of(Stream.concat(Stream.of(command.split(" ")), output).toArray(String[]::new));
    assertEquals(2, run.code(), run.err());
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("old"), names());
  }

  @Test
  void whatAKilledProcessOfThisNumberLeftIsNotInTheWay() throws IOException {
    Files.createFile(folder.resolve(".out." + ProcessHandle.current().pid()));
    Run run = Run.of("version", "-o", folder.resolve("out").toString());
    assertEquals(0, run.code(), run.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-------", "rw-rw-rw-", "rwxr-x---"})
  void rightsOfTheFileStayAsTheyWere(String rights) throws IOException {
    Path file = Files.writeString(folder.resolve("old"), "old");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(rights));
    assertEquals(0, Run.of("version", "-o", file.toString()).code());
    assertTrue(Files.readString(file).startsWith("crashlane "));
    assertEquals(rights, PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
  }

  @Test
  void newFileHasTheRightsThatAnyNewFileHas() throws IOException {
    Path file = folder.resolve("new");
    assertEquals(0, Run.of("version", "-o", file.toString()).code());
    assertEquals(
        Files.getPosixFilePermissions(Files.writeString(folder.resolve("other"), "")),
        Files.getPosixFilePermissions(file));
  }

  @Test
  void readOnlyFileIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("old"), "old");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
    Run run = Run.of("version", "-o", file.toString());
    assertEquals(2, run.code());
    assertEquals("crashlane: " + file + ": is read-only\n", run.err());
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("old"), names());
  }

  @Test
  void linkToNothingIsRefused() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nothing"));
    Run run = Run.of("version", "-o", link.toString());
    assertEquals(2, run.code());
    assertEquals(
        "crashlane: " + link + ": is a symbolic link to a file that does not exist\n", run.err());
    assertEquals(List.of("link"), names());
  }

  @Test
  void emptyNameIsRefused() {
    Run run = Run.of("version", "-o", "");
    assertEquals(2, run.code());
    assertEquals("crashlane: --output: the file's name is empty\n", run.err());
  }

  @Test
  void bothWaysOfABadOutcomeAreResults() throws IOException {
    Path file = folder.resolve("lost");
    assertEquals(1, Run.of("rehearse", "beyond-reach", "--strategy", "none", "-o" + file).code());
    assertTrue(Files.readString(file).contains("LOST"), Files.readString(file));
  }

  @Test
  void linkStaysALinkAndADeviceADevice() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");
    Path link = Files.createSymbolicLink(folder.resolve("link"), file);
    assertEquals(0, Run.of("version", "-o", link.toString()).code());
    assertTrue(Files.isSymbolicLink(link));
    assertTrue(Files.readString(file).startsWith("crashlane "));
    assertEquals(0, Run.of("version", "-o", "/dev/null").code());
    assertFalse(Files.isRegularFile(Path.of("/dev/null")));
  }

  @Test
  void directoryIsRefusedByName() {
    Run run = Run.of("version", "-o", folder.toString());
    assertEquals(2, run.code());
    assertEquals(
        "crashlane: " + folder + ": is a directory, and --output takes a file\n", run.err());
    assertEquals(
        "crashlane: " + folder + "/no: no such directory\n",
        Run.of("version", "-o", folder + "/no/x").err());
  }

  @Test
  void colourIsAskedForAndForbidden() {
    assertTrue(Run.of("machines", "--color", "always").out().contains("\u001b[1m"));
    assertFalse(Run.of("machines", "--color", "never").out().contains("\u001b"));
    assertFalse(Run.of("machines", "--color=auto").out().contains("\u001b"));
    assertTrue(Run.of("rehearse", "-h", "--color", "ALWAYS").out().contains("\u001b"));
    assertTrue(Run.of("machines", "--color", "allways").err().contains("did you mean 'always'?"));
  }

  @ParameterizedTest
  @MethodSource("org.crashlane.cli.HelpTest#commands")
  void everyCommandTakesThem(List<String> words) {
    Stream<String> options = Stream.of("-q", "--color", "never", "-h");
    Run run = Run.of(Stream.concat(words.stream(), options).toArray(String[]::new));
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().contains("--quiet") && run.out().contains("--output=FILE"), run.out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"-q", "--quiet"})
  void quietSilencesProgressAndNotesAndNoErrors(String option) {
    StringWriter err = new StringWriter();
    PrintWriter writer = new PrintWriter(err);
    Terminal plain = Terminal.plain(InputStream.nullInputStream(), writer, writer);
    Terminal quiet = OutputOptions.read("rehearse", option).applied(plain);
    AtomicLong clock = new AtomicLong();
    for (Terminal terminal : List.of(quiet, plain)) {
      try (Progress progress = Progress.on(terminal, clock::get)) {
        clock.addAndGet(60_000_000_000L);
        progress.update("walking");
      }
      terminal.note("a note");
      assertEquals(terminal.equals(quiet), err.toString().isEmpty(), err.toString());
    }
    assertTrue(Run.of("rehearse", "nothing", option).err().contains("'nothing' is neither"));
  }
}
