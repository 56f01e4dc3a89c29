// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Whoever listens on a socket, seen from where crashlane runs. */
class GuestProcessTest {
  private static final Path SOCKET = Path.of("/run/guest.qmp");

  /** The kernel's own: no process has a higher id (proc(5), pid_max). */
  private static final int NO_PROCESS = (1 << 22) + 1;

  private static String refusal(int id) {
    return assertThrows(IOException.class, () -> GuestProcess.of(SOCKET, id)).getMessage();
  }

  @Test
  void aProcessOfAnotherPidNamespaceIsToldWithWhatWorks() {
    assertEquals(
        "/run/guest.qmp: the process that listens is in a PID namespace that is not seen from here:"
            + " run crashlane beside it, or arm the guest from inside, by the crashlane_arm module",
        refusal(0));
  }

  @Test
  void aProcessThatIsGoneIsTold() {
    assertEquals(
        "/run/guest.qmp: process %d, which listened, is gone".formatted(NO_PROCESS),
        refusal(NO_PROCESS));
  }

  @Test
  void aProcessOfAnotherUserIsToldWithWhoMay() {
    assumeFalse(Files.isReadable(Path.of("/proc/1/maps")), "this user may look at every process");
    assertEquals(
        "/run/guest.qmp: the memory of process 1, which listens, may not be looked at:"
            + " run crashlane as root, or as the process's user",
        refusal(1));
  }
}
