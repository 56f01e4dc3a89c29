// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.crashlane.guest.UserDirectory;

/**
 * A directory of finished things. An entry is built in a directory of its own and renamed when it
 * is whole, so what is there under its name can be used without a look at the rest; who builds
 * holds a lock against other processes and threads.
 */
final class Cache {
  private static final String UNFINISHED = "unfinished-";

  private static final long MIB = 1L << 20;

  /** So little room is none: what fails then fails for it. */
  private static final long FULL_BYTES = 8 * MIB;

  private static final String ELSEWHERE =
      "set "
          + UserDirectory.CACHE.variable()
          + " to a directory that can be written, on a disk with room";

  /** File locks belong to the process; this one is between its threads. */
  private static final ReentrantLock IN_PROCESS = new ReentrantLock();

  private final Path directory;

  private Cache(Path directory) {
    this.directory = directory;
  }

  /** Fills the directory it is given. */
  interface Builder {
    void build(Path into) throws IOException;
  }

  /** Whether what is there still serves. */
  interface Check {
    boolean serves(Path entry) throws IOException;
  }

  /** What is done while the lock is held. */
  interface Work<T> {
    T run() throws IOException;
  }

  static Cache in(Path directory) throws PartsUnavailableException {
    try {
      return new Cache(Files.createDirectories(directory));
    } catch (IOException e) {
      throw new PartsUnavailableException(
          "%s: cannot be made (%s): %s"
              .formatted(directory, e.getClass().getSimpleName(), ELSEWHERE),
          e);
    }
  }

  Path path(String name) {
    return directory.resolve(name);
  }

  /** Runs {@code work} while nobody else builds here. */
  <T> T locked(Work<T> work) throws IOException {
    IN_PROCESS.lock();
    try (FileChannel channel =
            FileChannel.open(path("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      assert lock.isValid();
      removeUnfinished();
      return work.run();
    } finally {
      IN_PROCESS.unlock();
    }
  }

  /**
   * {@return the entry {@code name}, built if it is not there} Only while the lock is held.
   *
   * @param neededBytes what building it takes on the disk
   * @throws PartsUnavailableException if there is no room
   */
  Path entry(String name, long neededBytes, Builder builder) throws IOException {
    return entry(name, neededBytes, _ -> true, builder);
  }

  /** {@return the same, built anew if it is there and does not serve} */
  Path entry(String name, long neededBytes, Check check, Builder builder) throws IOException {
    Path entry = path(name);
    if (Files.exists(entry) && check.serves(entry)) {
      return entry;
    }
    if (roomBytes() < neededBytes) {
      throw full("%,d MiB are needed".formatted(neededBytes / MIB));
    }
    Path unfinished = Files.createTempDirectory(directory, UNFINISHED);
    try {
      builder.build(unfinished);
      if (Files.exists(entry)) {
        remove(name);
      }
      Files.move(unfinished, entry, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      if (roomBytes() >= FULL_BYTES) {
        throw e;
      }
      PartsUnavailableException full = full(Command.inShort(e));
      full.initCause(e);
      throw full;
    } finally {
      Trees.delete(unfinished);
    }
    return entry;
  }

  private long roomBytes() throws IOException {
    return Files.getFileStore(directory).getUsableSpace();
  }

  private PartsUnavailableException full(String why) throws IOException {
    return new PartsUnavailableException(
        "%s: no room on this disk, %,d MiB are left (%s): free some, or %s"
            .formatted(directory, roomBytes() / MIB, why, ELSEWHERE));
  }

  /**
   * Says that {@code name} is still in use, so that {@link #prune} spares it for a while. Only
   * while the lock is held.
   */
  void touch(String name, Instant now) throws IOException {
    Path entry = path(name);
    if (Files.exists(entry)) {
      Files.setLastModifiedTime(entry, FileTime.from(now));
    }
  }

  /**
   * Removes the entries that nobody needs any more: their names begin with one of {@code prefixes},
   * are not in {@code needed}, and they were made or touched before {@code before}. Only while the
   * lock is held.
   */
  void prune(Set<String> prefixes, Set<String> needed, Instant before) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (prefixes.stream().anyMatch(name::startsWith)
            && !needed.contains(name)
            && Files.getLastModifiedTime(entry).toInstant().isBefore(before)) {
          remove(name);
        }
      }
    }
  }

  /** Renames it first: an entry that is half removed would count as whole. */
  private void remove(String name) throws IOException {
    Path doomed = path(UNFINISHED + name);
    Files.move(path(name), doomed, StandardCopyOption.ATOMIC_MOVE);
    Trees.delete(doomed);
  }

  private void removeUnfinished() throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, UNFINISHED + "*")) {
      for (Path path : left) {
        Trees.delete(path);
      }
    }
  }
}
