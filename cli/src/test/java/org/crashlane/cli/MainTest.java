// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class MainTest {

  @Test
  void versionNamesItselfAndItsJava() {
    Run run = Run.of("version");
    assertEquals(0, run.code());
    assertTrue(run.out().matches("(?s)crashlane [0-9]+\\.[0-9]+.*\\Rjava .*"), run.out());
  }

  @Test
  void unknownCommandIsUsage() {
    Run run = Run.of("rehears");
    assertEquals(2, run.code());
    assertEquals("", run.out());
    List<String> lines = run.err().lines().toList();
    assertTrue(lines.getFirst().startsWith("crashlane: 'rehears' is no command: there are acpi,"));
    assertTrue(lines.getFirst().endsWith("; did you mean 'rehearse'?"), run.err());
    assertEquals("crashlane: try 'crashlane -h'", lines.getLast());
  }

  @Test
  void dumbTerminalsGetNoLineThatIsWrittenOverAndPipesTheWidthOfColumns() {
    Properties launcher = new Properties();
    launcher.setProperty("crashlane.err.tty", "true");
    OutputStream nowhere = OutputStream.nullOutputStream();
    assertEquals(
        Terminal.ProgressLines.IN_PLACE,
        Terminal.ofProcess(launcher, Map.of("TERM", "xterm"), nowhere).progress());
    assertEquals(
        Terminal.ProgressLines.NOW_AND_THEN,
        Terminal.ofProcess(launcher, Map.of("TERM", "dumb"), nowhere).progress());
    assertEquals(60, Terminal.ofProcess(launcher, Map.of("COLUMNS", "60"), nowhere).columns());
    launcher.setProperty("crashlane.columns", "");
    assertEquals(60, Terminal.ofProcess(launcher, Map.of("COLUMNS", "60"), nowhere).columns());
    launcher.setProperty("crashlane.columns", "72");
    assertEquals(72, Terminal.ofProcess(launcher, Map.of("COLUMNS", "60"), nowhere).columns());
  }

  @Test
  void usageErrorPointsToTheCommandsOwnHelp() {
    Run run = Run.of("acpi", "show");
    assertEquals(2, run.code());
    assertTrue(run.err().endsWith("crashlane: try 'crashlane acpi show -h'\n"), run.err());
  }

  @Test
  void debugIsKnownBeforeAndBehindACommand() {
    assertEquals(0, Run.of("--debug", "version").code());
    assertEquals(0, Run.of("version", "--debug").code());
  }
}
