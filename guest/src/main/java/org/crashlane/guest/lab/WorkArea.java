// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.crashlane.guest.lab.parts.Trees;

/**
 * The files of one run: a temporary directory, and the guest's memory in {@code /dev/shm} where
 * that has room. What a killed run left behind is removed by the next one; see {@link LeftOvers}.
 */
final class WorkArea {
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");
  private static final String PREFIX = "crashlane-lab-";

  /** Of sun_path in unix(7), with its final zero. */
  private static final int SOCKET_PATH_LIMIT_BYTES = 107;

  private static final long DISK_BYTES = 2L << 30;

  private final Path directory;
  private final Path memory;

  private WorkArea(Path directory, Path memory) {
    this.directory = directory;
    this.memory = memory;
  }

  /** {@return a new work area, which {@code teardown} removes} */
  static WorkArea create(long memoryBytes, Teardown teardown) throws IOException {
    Path base = Path.of(System.getProperty("java.io.tmpdir"));
    Path directory = createLocked(base, teardown);
    Path memoryDirectory = directory;
    if (Files.isWritable(SHARED_MEMORY)) {
      LeftOvers.remove(SHARED_MEMORY, PREFIX);
      if (Files.getFileStore(SHARED_MEMORY).getUsableSpace() >= memoryBytes) {
        memoryDirectory = createLocked(SHARED_MEMORY, teardown);
      }
    }
    WorkArea area = new WorkArea(directory, memoryDirectory.resolve("guest.ram"));
    area.requireShortSocketPaths();
    // A fresh file without a byte written: nothing stale can pass for a dump.
    try (RandomAccessFile disk = new RandomAccessFile(area.disk().toFile(), "rw")) {
      disk.setLength(DISK_BYTES);
    }
    return area;
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

  private static Path createLocked(Path base, Teardown teardown) throws IOException {
    LeftOvers.remove(base, PREFIX);
    Path directory = Files.createTempDirectory(base, PREFIX);
    teardown.add(() -> Trees.delete(directory));
    FileChannel channel =
        FileChannel.open(
            directory.resolve(LeftOvers.LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = channel.lock();
    teardown.add(() -> {
      lock.release();
      channel.close();
    });
    return directory;
  }
}
