// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qmp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client against QEMU itself. */
class QmpClientQemuTest {
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path directory;

  @Test
  void runStateFollowsContAndStopAndEachSendsItsEvent() throws Exception {
    try (QemuProcess qemu = QemuProcess.start(directory, "-M", "q35");
        QmpClient qmp = QmpClient.connect(qemu.socket())) {
      assertFalse(qmp.isRunning());
      assertEquals("prelaunch", qmp.status());
      qmp.cont();
      assertTrue(qmp.isRunning());
      qmp.stop();
      assertEquals("paused", qmp.status());
      assertEquals("STOP", qmp.awaitEvent("STOP", LONG).name());
      assertEquals("RESUME", qmp.awaitEvent("RESUME", LONG).name());
      IOException none = assertThrows(IOException.class, () -> qmp.awaitEvent("STOP", SHORT));
      assertEquals(qemu.socket() + ": event STOP did not come in 0.3 s", none.getMessage());
    }
  }

  @Test
  void monitorCommandsReturnWhatTheyPrint() throws Exception {
    try (QemuProcess qemu = QemuProcess.start(directory, "-M", "q35");
        QmpClient qmp = QmpClient.connect(qemu.socket())) {
      assertTrue(qmp.hmp("info status").startsWith("VM status: paused"));
      assertFalse(qmp.hmp("info mtree").contains("\r"));
    }
  }

  @Test
  void whatQemuRefusesIsToldWithTheCommandAndTheConnectionLivesOn() throws Exception {
    try (QemuProcess qemu = QemuProcess.start(directory, "-M", "q35");
        QmpClient qmp = QmpClient.connect(qemu.socket())) {
      QmpCommandException e =
          assertThrows(
              QmpCommandException.class,
              () -> qmp.execute("qom-get", Map.of("path", "/machine", "property", "no-such")));
      assertTrue(
          e.getMessage().startsWith(qemu.socket() + ": QEMU refused 'qom-get': "), e.getMessage());
      assertFalse(qmp.isRunning());
    }
  }

  @Test
  void secondClientIsToldThatTheSocketMayBeHeld() throws Exception {
    try (QemuProcess qemu = QemuProcess.start(directory, "-M", "q35");
        QmpClient first = QmpClient.connect(qemu.socket())) {
      IOException e =
          assertThrows(IOException.class, () -> QmpClient.connect(qemu.socket(), SHORT));
      assertEquals(
          qemu.socket() + ": no greeting in 0.3 s (does another client hold the socket?)",
          e.getMessage());
      assertFalse(first.isRunning());
    }
  }

  @Test
  void guestKilledUnderAClientFailsItsCommandsAndItsWaits() throws Exception {
    try (QemuProcess qemu = QemuProcess.start(directory, "-M", "q35");
        QmpClient qmp = QmpClient.connect(qemu.socket())) {
      qemu.kill();
      IOException command = assertThrows(IOException.class, qmp::status);
      assertEquals(
          qemu.socket() + ": no answer to 'query-status': QEMU closed the connection",
          command.getMessage());
      IOException wait = assertThrows(IOException.class, () -> qmp.awaitEvent("STOP", LONG));
      assertEquals(
          qemu.socket() + ": QEMU closed the connection while waiting for event STOP",
          wait.getMessage());
      IOException refused = assertThrows(IOException.class, () -> QmpClient.connect(qemu.socket()));
      assertTrue(refused.getMessage().startsWith(qemu.socket() + ": "), refused.getMessage());
    }
  }
}
