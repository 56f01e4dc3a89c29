// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A lab that is told to stop in the middle of a run leaves nothing behind. */
@Tag("lab")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class StopTest {
  private static final int STOPPED_BY_SIGTERM = 128 + 15;

  @Test
  void sigtermEndsQemuAndRemovesTheFiles(@TempDir Path temporary) throws Exception {
    TestParts.orSkip();
    Process lab = start(temporary);
    try {
      Standing standing = standing(lab);
      assertTrue(Files.exists(standing.memory()));
      lab.destroy();
      assertTrue(lab.waitFor(1, TimeUnit.MINUTES), "still running");
      assertEquals(STOPPED_BY_SIGTERM, lab.exitValue());
      assertGone(standing);
    } finally {
      lab.destroyForcibly();
    }
  }

  @Test
  void whatSigkillLeavesTheNextRunRemoves(@TempDir Path temporary) throws Exception {
    TestParts.orSkip();
    Process killed = start(temporary);
    try {
      Standing standing = standing(killed);
      killed.destroyForcibly().waitFor();
      assertTrue(Files.exists(standing.disk()));
      LeftOvers.remove(temporary, "crashlane-lab-");
      LeftOvers.remove(standing.memory().getParent().getParent(), "crashlane-lab-");
      assertGone(standing);
    } finally {
      killed.destroyForcibly();
    }
  }

  private static void assertGone(Standing standing) throws Exception {
    ProcessHandle.of(standing.qemu())
        .ifPresent(qemu -> qemu.onExit().orTimeout(1, TimeUnit.MINUTES).join());
    assertFalse(Files.exists(standing.disk().getParent()));
    assertFalse(Files.exists(standing.memory().getParent()));
  }

  /** What stands while the lab's guest does. */
  private record Standing(Path disk, Path memory, long qemu) {}

  private static Standing standing(Process lab) throws Exception {
    BufferedReader reader = lab.inputReader();
    StringBuilder said = new StringBuilder();
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      said.append(line).append('\n');
      List<String> words = List.of(line.split(" ", -1));
      if (words.getFirst().equals("standing")) {
        return new Standing(
            Path.of(words.get(1)), Path.of(words.get(2)), Long.parseLong(words.get(3)));
      }
    }
    return fail("the lab ended early:\n" + said);
  }

  private static Process start(Path temporary) throws Exception {
    // The module path of this JVM has all it needs; the child takes it as its class path.
    String modules = System.getProperty("jdk.module.path", "");
    String classes = String.join(":", "target/test-classes", "target/classes", modules);
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Djava.io.tmpdir=" + temporary,
            "-cp",
            classes + ":" + System.getProperty("java.class.path"),
            StandingLab.class.getName())
        .redirectErrorStream(true)
        .start();
  }
}
