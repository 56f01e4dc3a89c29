// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TranscriptTest {

  @Test
  void keyIsAWholeWord() {
    assertTrue(Transcript.has("@crashlane ready", "ready"));
    assertTrue(Transcript.has("@crashlane kexec 1", "kexec"));
    assertFalse(Transcript.has("@crashlane readyish", "ready"));
    assertFalse(Transcript.has("ready", "ready"));
  }

  @Test
  void kernelMessageInFrontOfALineDoesNotHideIt() {
    String line = "[    3.1] random: crng init done@crashlane load reads 5 writes 6";
    assertEquals(Optional.of("reads 5 writes 6"), new Transcript(List.of(line)).value("load"));
  }

  @Test
  void captureConsoleBeginsBehindTheCallTrace() {
    List<String> lines = Recorded.console("none");
    int panic = 0;
    while (!Transcript.isPanic(lines.get(panic))) {
      panic++;
    }
    int first = Transcript.afterPanic(lines, panic);
    assertTrue(lines.get(first - 1).endsWith("</TASK>"), lines.get(first - 1));
    assertTrue(lines.get(first).contains("nvme nvme0: Identify Controller failed"));
  }

  @Test
  void withoutACallTraceItBeginsBehindThePanic() {
    List<String> lines = List.of("[ 1.0] Kernel panic - not syncing: x", "@crashlane capture 6");
    assertEquals(1, Transcript.afterPanic(lines, 0));
  }
}
