// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
    assertEquals(
        """
        crashlane: Unmatched argument at index 0: 'rehears'
        crashlane: try 'crashlane -h'
        """,
        run.err());
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
