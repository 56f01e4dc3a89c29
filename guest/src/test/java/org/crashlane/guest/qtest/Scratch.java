// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qtest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A folder for the files that QEMU opens while it starts. All of them can go once they are open, so
 * that nothing is left behind however the JVM ends.
 */
final class Scratch implements AutoCloseable {
  static final String ROM = "rom";
  static final String SOCKET = "socket";
  static final String RAM = "ram";
  static final String ERRORS = "errors";

  private static final List<String> FILES = List.of(ROM, SOCKET, RAM, ERRORS);
  private static final Path MEMORY_FILES = Path.of("/dev/shm");
  private static final String PREFIX = "crashlane-qtest-";

  private final Path folder;

  private Scratch(Path folder) {
    this.folder = folder;
  }

  /**
   * {@return a new folder, in memory where the system has a place for that}
   *
   * @param ramBytes how large the memory file is going to be
   */
  static Scratch create(long ramBytes) throws IOException {
    return new Scratch(
        hasRoom(MEMORY_FILES, ramBytes)
            ? Files.createTempDirectory(MEMORY_FILES, PREFIX)
            : Files.createTempDirectory(PREFIX));
  }

  /** A full {@code /dev/shm}, small in containers, would end QEMU by a bus error. */
  private static boolean hasRoom(Path folder, long bytes) throws IOException {
    return Files.isDirectory(folder)
        && Files.isWritable(folder)
        && Files.getFileStore(folder).getUsableSpace() > 2 * bytes;
  }

  Path path(String file) {
    return folder.resolve(file);
  }

  void write(String file, byte[] content) throws IOException {
    Files.write(path(file), content);
  }

  @Override
  public void close() throws IOException {
    for (String file : FILES) {
      Files.deleteIfExists(path(file));
    }
    Files.delete(folder);
  }
}
