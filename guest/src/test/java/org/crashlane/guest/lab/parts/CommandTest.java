// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class CommandTest {

  @Test
  void whatAptSaysIsTheReasonAndNotHowItWasCalled() {
    String inShort =
        inShort("echo 'Reading lists...'; echo 'E: No space left'; echo 'E: later'; exit 100");
    assertEquals("sh: exit status 100: E: No space left", inShort);
  }

  @Test
  void aCompilersErrorIsTheReason() {
    String inShort = inShort("echo CC; echo 'lane.c:1:1: error: no such type'; echo stop; exit 2");
    assertEquals("sh: exit status 2: lane.c:1:1: error: no such type", inShort);
  }

  @Test
  void whereNoLineIsAnErrorTheLastOneIsTheReason() {
    assertEquals("sh: exit status 1: b", inShort("echo a; echo b; echo; exit 1"));
    assertEquals("sh: exit status 1", inShort("exit 1"));
  }

  @Test
  void terminalSequencesOfAProgramAreWrittenOut() {
    assertEquals("sh: exit status 1: \\x1b[31mred", inShort("printf '\\033[31mred\\n'; exit 1"));
  }

  @Test
  void aProgramThatIsMissingIsNamed() {
    IOException e =
        assertThrows(
            IOException.class,
            () -> Command.run(Path.of("/"), Duration.ofSeconds(10), List.of("no-such-program")));
    assertTrue(Command.inShort(e).contains("no-such-program"), Command.inShort(e));
  }

  private static String inShort(String script) {
    return Command.inShort(
        assertThrows(
            IOException.class,
            () -> Command.run(Path.of("/"), Duration.ofSeconds(30), List.of("sh", "-c", script))));
  }
}
