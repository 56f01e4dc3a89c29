// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.crashlane.guest.qmp.QmpClient;

/**
 * A file that stands while a hand has stopped a running guest, and names the hand's process. Where
 * it outlives that process, the hand was killed and the guest stands because of it: the next hand
 * lets it run.
 */
final class StopMark implements AutoCloseable {
  private final Path file;

  private StopMark(Path file) {
    this.file = file;
  }

  /** Lets a guest run that a killed hand has left standing; another hand's mark stays. */
  static void makeGood(Path file, QmpClient qmp) throws IOException {
    if (Files.exists(file) && !isAlive(Files.readString(file).strip())) {
      if (!qmp.isRunning()) {
        qmp.cont();
      }
      Files.delete(file);
    }
  }

  private static boolean isAlive(String processId) {
    try {
      return ProcessHandle.of(Long.parseLong(processId)).isPresent();
    } catch (NumberFormatException e) {
      // Killed before it had written its number: before it stopped anything.
      return false;
    }
  }

  /** Sets the mark; to be closed when the guest runs again. */
  static StopMark set(Path file) throws IOException {
    Files.writeString(file, ProcessHandle.current().pid() + "\n");
    return new StopMark(file);
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
  }
}
