// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.crashlane.report.Colours;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class HelpTest {

  /** Every command there is, by its words. */
  static Stream<List<String>> commands() {
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    List<List<String>> found = new ArrayList<>();
    collect(
        Main.commandLine(Terminal.plain(InputStream.nullInputStream(), nowhere, nowhere)),
        List.of(),
        found);
    return found.stream();
  }

  private static void collect(CommandLine line, List<String> words, List<List<String>> into) {
    into.add(words);
    line.getSubcommands()
        .forEach((name, sub) ->
            collect(sub, Stream.concat(words.stream(), Stream.of(name)).toList(), into));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void helpTextIsAsReviewed(List<String> words) throws Exception {
    Run run = Run.of(Stream.concat(words.stream(), Stream.of("-h")).toArray(String[]::new));
    assertEquals(0, run.code());
    assertEquals("", run.err());
    Golden.check(
        String.join("-", Stream.concat(Stream.of("help"), words.stream()).toList()) + ".txt",
        run.out());
  }

  @ParameterizedTest
  @MethodSource("commands")
  void helpFitsItsWidthAndIsPlain(List<String> words) {
    Run run = Run.of(Stream.concat(words.stream(), Stream.of("--help")).toArray(String[]::new));
    assertFalse(run.out().contains("\u001b"), run.out());
    run.out().lines().forEach(line -> assertTrue(line.length() <= 100, line));
  }

  /** Help as a terminal of 80 columns shows it; examples are not broken. */
  @ParameterizedTest
  @MethodSource("commands")
  void helpFitsEightyColumns(List<String> words) {
    Run run = Run.narrow(80, Stream.concat(words.stream(), Stream.of("-h")).toArray(String[]::new));
    run.out().lines().forEach(line -> assertTrue(line.length() <= 80, line));
    Run wide = Run.of(Stream.concat(words.stream(), Stream.of("-h")).toArray(String[]::new));
    wide.out()
        .lines()
        .filter(line -> line.startsWith("  crashlane ") || line.startsWith("  sudo "))
        .forEach(line -> assertTrue(run.out().contains(line + "\n"), line));
  }

  @Test
  void helpOfRehearseIsOfTheStageAskedFor() throws Exception {
    Run run = Run.of("rehearse", "--stage", "qemu", "-h");
    assertFalse(run.out().contains("--seed"), run.out());
    assertFalse(Run.of("rehearse", "-h").out().contains("--crashkernel"), run.out());
    Golden.check("help-rehearse-qemu.txt", run.out());
  }

  @Test
  void withoutCommandUsageGoesToStderr() {
    Run run = Run.of();
    assertEquals(2, run.code());
    assertEquals("", run.out());
    assertTrue(run.err().startsWith("Usage: crashlane "), run.err());
  }

  @ParameterizedTest
  @ValueSource(ints = {40, 54, 55})
  void narrowTerminalIsNoFailure(int columns) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Terminal terminal =
        new Terminal(
            InputStream.nullInputStream(),
            new PrintWriter(out),
            new PrintWriter(err),
            Colours.off(),
            Terminal.ProgressLines.NOW_AND_THEN,
            columns);
    assertEquals(0, Main.run(terminal, "arm", "-h"));
    assertEquals("", err.toString());
    assertTrue(out.toString().startsWith("Usage: crashlane arm "), out.toString());
  }
}
