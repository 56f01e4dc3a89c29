// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.crashlane.guest.lab.parts.Trees;

/**
 * What runs left behind that could not clean up: killed, or the host lost power. A directory's lock
 * file is locked as long as its run lives.
 */
final class LeftOvers {
  /** In each directory of a run, locked while the run lives. */
  static final String LOCK = "lock";

  /** Holds the process id of the run's QEMU. */
  static final String PID = "qemu.pid";

  private LeftOvers() {}

  /** Removes all directories under {@code base} that begin with {@code prefix} and are dead. */
  static void remove(Path base, String prefix) throws IOException {
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(base, prefix + "*")) {
      for (Path directory : directories) {
        Path lockFile = directory.resolve(LOCK);
        if (Files.isWritable(lockFile) && isUnlocked(lockFile)) {
          endQemu(directory);
          Trees.delete(directory);
        }
      }
    }
  }

  private static boolean isUnlocked(Path lockFile) throws IOException {
    try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock != null;
    } catch (OverlappingFileLockException lockedByThisProcess) {
      return false;
    }
  }

  /** Process ids are used again: only a process that was told this very directory is ended. */
  private static void endQemu(Path directory) throws IOException {
    Path pidFile = directory.resolve(PID);
    if (!Files.exists(pidFile)) {
      return;
    }
    String pid = Files.readString(pidFile).strip();
    Path commandLine = Path.of("/proc", pid, "cmdline");
    if (pid.matches("[0-9]+")
        && Files.isReadable(commandLine)
        && Files.readString(commandLine).contains(directory.toString())) {
      ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
    }
  }
}
