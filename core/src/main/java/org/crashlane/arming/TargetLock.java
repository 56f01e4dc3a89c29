// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * At most one hand on a target, in this process and, where the target is a file, in all others. It
 * is to be held from before the plan is made until the target may change again. The system drops it
 * when its holder dies.
 *
 * <p>Locked is the memory file itself, wherever journals are kept. Such a lock belongs to the whole
 * process, and closing any channel of that file in the process gives it up: while it is held, the
 * file must not be opened and closed here. Mapping it before is no harm.
 */
public final class TargetLock implements AutoCloseable {
  /** A second hand in this process must be turned away before it opens the file, and closes it. */
  private static final Set<Object> HELD_HERE = ConcurrentHashMap.newKeySet();

  private final Target target;
  private final Object key;
  private final Optional<FileChannel> channel;

  private TargetLock(Target target, Object key, Optional<FileChannel> channel) {
    this.target = target;
    this.key = key;
    this.channel = channel;
  }

  /**
   * {@return the lock, or nothing if another hand has it}
   *
   * @throws IOException if the target's file cannot be opened for writing
   */
  public static Optional<TargetLock> tryAcquire(Target target) throws IOException {
    Object key = key(target);
    if (!HELD_HERE.add(key)) {
      return Optional.empty();
    }
    boolean held = false;
    try {
      Optional<TargetLock> lock = tryAcquire(target, key);
      held = lock.isPresent();
      return lock;
    } finally {
      if (!held) {
        HELD_HERE.remove(key);
      }
    }
  }

  /**
   * {@return the lock}
   *
   * @throws IOException if another hand has it, or as {@link #tryAcquire} does
   */
  public static TargetLock acquire(Target target) throws IOException {
    return tryAcquire(target).orElseThrow(() -> new IOException(busy(target)));
  }

  private static Optional<TargetLock> tryAcquire(Target target, Object key) throws IOException {
    if (target.file().isEmpty()) {
      return Optional.of(new TargetLock(target, key, Optional.empty()));
    }
    FileChannel channel = FileChannel.open(target.file().get(), StandardOpenOption.WRITE);
    try {
      Optional<FileLock> lock = Optional.ofNullable(channel.tryLock());
      if (lock.isPresent()) {
        return Optional.of(new TargetLock(target, key, Optional.of(channel)));
      }
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    channel.close();
    return Optional.empty();
  }

  /** A file has many names, and one device and inode number. */
  private static Object key(Target target) throws IOException {
    return target.file().isPresent() ? fileKey(target.file().get()) : target.identity();
  }

  private static Object fileKey(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  /** {@return what to tell whom the lock was refused} */
  private static String busy(Target target) {
    return "another process works on " + target.name();
  }

  /** {@return what is locked} */
  public Target target() {
    return target;
  }

  @Override
  public void close() throws IOException {
    try {
      if (channel.isPresent()) {
        channel.get().close();
      }
    } finally {
      HELD_HERE.remove(key);
    }
  }
}
