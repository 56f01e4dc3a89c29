// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.crashlane.arming.Journal;
import org.crashlane.arming.Target;
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

  /**
   * {@return the folders in which a mark may be, whichever of them is there and can be written:
   * that of the journals, and one that lasts until the machine restarts, which a guest does not
   * outlive either}
   */
  static List<Path> folders(Path journalDirectory) {
    String named = System.getenv().getOrDefault("XDG_RUNTIME_DIR", "");
    return List.of(journalDirectory, Path.of(named.startsWith("/") ? named : "/run"));
  }

  /** {@return where a mark about {@code target} may be} */
  static List<Path> files(List<Path> folders, Target target) {
    return folders.stream()
        .map(folder -> Journal.fileFor(folder, target))
        .map(journal -> journal.resolveSibling("crashlane-" + journal.getFileName() + ".stopped"))
        .toList();
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

  /**
   * {@return the mark, set in the first file that can be written, to be closed when the guest runs
   * again; nothing if none can}
   */
  static Optional<StopMark> set(List<Path> files) {
    return files.stream().filter(StopMark::write).findFirst().map(StopMark::new);
  }

  private static boolean write(Path file) {
    try {
      Files.writeString(file, ProcessHandle.current().pid() + "\n");
      return true;
    } catch (IOException e) {
      // On a full disk it is there, and empty: it would have the next hand continue the guest.
      return isLeftBehind(file);
    }
  }

  /** {@return false, with the file gone; true if not even that can be done} */
  private static boolean isLeftBehind(Path file) {
    try {
      Files.deleteIfExists(file);
      return false;
    } catch (IOException e) {
      return Files.exists(file);
    }
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
  }
}
