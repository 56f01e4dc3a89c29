// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * At most one hand on a target, in this process and in all others that keep their journals in the
 * same directory. The system drops it when its holder dies.
 */
final class HandLock implements AutoCloseable {
  /**
   * The locks of this process. A file lock belongs to the whole process, and closing any channel of
   * the file gives it up: a second hand here must be turned away before it opens the file.
   */
  private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private HandLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** {@return the lock, or nothing if another hand has it} */
  static Optional<HandLock> tryAcquire(Path directory, Target target) throws IOException {
    Path file =
        Files.createDirectories(directory).toRealPath().resolve(target.fileStem() + ".lock");
    if (!HELD_HERE.add(file)) {
      return Optional.empty();
    }
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      Optional<FileLock> lock = Optional.ofNullable(channel.tryLock());
      if (lock.isPresent()) {
        return Optional.of(new HandLock(file, channel));
      }
      channel.close();
    } catch (IOException e) {
      HELD_HERE.remove(file);
      throw e;
    }
    HELD_HERE.remove(file);
    return Optional.empty();
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      HELD_HERE.remove(file);
    }
  }
}
