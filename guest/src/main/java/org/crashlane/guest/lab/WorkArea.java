// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.crashlane.guest.lab.parts.Trees;

/**
 * The files of one run: a temporary directory, and the guest's memory in {@code /dev/shm} where
 * that has room. What a killed run left behind is removed by the next one; see {@link LeftOvers}.
 */
final class WorkArea {
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");
  private static final String PREFIX = "crashlane-lab-";
  private static final String UNLOCKED_PREFIX = "crashlane-new-";

  /** Of sun_path in unix(7), with its final zero. */
  private static final int SOCKET_PATH_LIMIT_BYTES = 107;

  private static final long DISK_BYTES = 2L << 30;
  private static final long MIB = 1L << 20;
  private static final String MEMORY = "guest.ram";

  /** Initramfs, trace, what the writer writes, and the dump of a small guest's kernel memory. */
  private static final long FILES_BYTES = 384 * MIB;

  /** A kernel keeps 64 bytes for each page of its memory, and takes some for itself. */
  private static final int MEMORY_TO_DUMP = 16;

  /** So little room is none. */
  private static final long FULL_BYTES = 4 * MIB;

  private final Path directory;
  private final Path memory;

  private WorkArea(Path directory, Path memory) {
    this.directory = directory;
    this.memory = memory;
  }

  /**
   * {@return a new work area, which {@code teardown} removes}
   *
   * @throws IOException also if there is no room for a run: a guest whose memory or disk cannot
   *     grow does not say so, it dies or stands
   */
  static WorkArea create(long memoryBytes, Teardown teardown) throws IOException {
    Path base = Path.of(System.getProperty("java.io.tmpdir"));
    Path directory = createLocked(base, teardown);
    Path memoryDirectory = directory;
    if (Files.isWritable(SHARED_MEMORY)) {
      LeftOvers.remove(SHARED_MEMORY, PREFIX);
      if (roomBytes(SHARED_MEMORY) - claimedBytes(SHARED_MEMORY) >= memoryBytes) {
        memoryDirectory = createLocked(SHARED_MEMORY, teardown);
      }
    }
    long dumpBytes = FILES_BYTES + memoryBytes / MEMORY_TO_DUMP;
    requireRoom(base, memoryDirectory.equals(directory) ? dumpBytes + memoryBytes : dumpBytes);
    WorkArea area = new WorkArea(directory, memoryDirectory.resolve(MEMORY));
    area.requireShortSocketPaths();
    // A fresh file without a byte written: nothing stale can pass for a dump.
    try (RandomAccessFile disk = new RandomAccessFile(area.disk().toFile(), "rw")) {
      // All of memory fits, should it be copied as it is.
      disk.setLength(Math.max(DISK_BYTES, memoryBytes + DISK_BYTES / 2));
    }
    return area;
  }

  /**
   * Puts what {@code image} holds onto the disk.
   *
   * @throws IOException also if there is no room for it
   */
  void fillDisk(Path image) throws IOException {
    requireRoom(directory, Files.size(image));
    long diskBytes = Math.max(Files.size(image), Files.size(disk()));
    Files.delete(disk());
    KeptEvidence.copySparsely(image, disk(), Files.size(image));
    try (RandomAccessFile disk = new RandomAccessFile(disk().toFile(), "rw")) {
      disk.setLength(Math.ceilDiv(diskBytes, MIB) * MIB);
    }
  }

  /** What other living runs may still take: their memory files are mostly holes. */
  private static long claimedBytes(Path base) throws IOException {
    long bytes = 0;
    try (DirectoryStream<Path> runs = Files.newDirectoryStream(base, PREFIX + "*")) {
      for (Path run : runs) {
        bytes += run.resolve(MEMORY).toFile().length();
      }
    }
    return bytes;
  }

  private static long roomBytes(Path directory) throws IOException {
    return Files.getFileStore(directory).getUsableSpace();
  }

  private static void requireRoom(Path base, long neededBytes) throws IOException {
    long roomBytes = roomBytes(base);
    if (roomBytes < neededBytes) {
      throw new IOException(
          "%s: no room on this disk for a run of the lab: %,d MiB are left, %,d are needed; free"
                  .formatted(base, roomBytes / MIB, neededBytes / MIB)
              + " some, or name another directory by JDK_JAVA_OPTIONS=-Djava.io.tmpdir=DIR");
    }
  }

  /**
   * {@return that the disk or the memory's place has run full, in a clause; empty if neither has}
   * What was measured then may be cut.
   */
  String fullness() throws IOException {
    for (Path place : List.of(directory, memory.getParent())) {
      if (roomBytes(place) < FULL_BYTES) {
        return "%s has no room left".formatted(place.getParent());
      }
    }
    return "";
  }

  Path directory() {
    return directory;
  }

  Path memory() {
    return memory;
  }

  Path disk() {
    return directory.resolve("disk.img");
  }

  Path trace() {
    return directory.resolve("trace.log");
  }

  /** {@return how long the trace is by now} */
  long traceBytes() {
    return trace().toFile().length();
  }

  Path qemuLog() {
    return directory.resolve("qemu.log");
  }

  Path qemuPid() {
    return directory.resolve(LeftOvers.PID);
  }

  Path serialSocket() {
    return directory.resolve("serial.sock");
  }

  /** {@return what came of a dump over the network} */
  Path received() {
    return directory.resolve("received.img");
  }

  /** {@return where the host has the other end of the guest's network card} */
  Path cardSocket() {
    return directory.resolve("net.sock");
  }

  Path qmpSocket() {
    return directory.resolve("qmp.sock");
  }

  private void requireShortSocketPaths() throws IOException {
    int bytes = serialSocket().toString().getBytes(StandardCharsets.UTF_8).length;
    if (bytes > SOCKET_PATH_LIMIT_BYTES) {
      throw new IOException(
          serialSocket() + ": too long for a unix socket; set -Djava.io.tmpdir to a shorter path");
    }
  }

  /** It has its name only when it is locked: another run would take it for a dead one's. */
  private static Path createLocked(Path base, Teardown teardown) throws IOException {
    LeftOvers.remove(base, PREFIX);
    Path unlocked = Files.createTempDirectory(base, UNLOCKED_PREFIX);
    String suffix = unlocked.getFileName().toString().substring(UNLOCKED_PREFIX.length());
    Path directory = base.resolve(PREFIX + suffix);
    teardown.add(() -> {
      Trees.delete(unlocked);
      Trees.delete(directory);
    });
    FileChannel channel =
        FileChannel.open(
            unlocked.resolve(LeftOvers.LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = channel.lock();
    teardown.add(() -> {
      lock.release();
      channel.close();
    });
    return Files.move(unlocked, directory, StandardCopyOption.ATOMIC_MOVE);
  }
}
