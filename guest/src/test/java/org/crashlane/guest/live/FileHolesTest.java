// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holes of a file with data in its second MiB alone. */
class FileHolesTest {
  private static final int MEBIBYTE = 1 << 20;

  @TempDir private Path directory;

  private FileHoles open() throws IOException {
    Path file = directory.resolve("memory");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[MEBIBYTE]), MEBIBYTE);
      channel.write(ByteBuffer.wrap(new byte[1]), 4L * MEBIBYTE - 1);
      channel.truncate(4L * MEBIBYTE - 4096).force(true);
    }
    return FileHoles.open(file);
  }

  @Test
  void whatNobodyHasWrittenIsAHoleInFrontOfDataAndBehindIt() throws IOException {
    try (FileHoles holes = open()) {
      assertTrue(holes.isHole(0, MEBIBYTE));
      assertTrue(holes.isHole(2L * MEBIBYTE, MEBIBYTE));
    }
  }

  @Test
  void dataIsNoHoleNorIsWhatHasDataAtItsEnd() throws IOException {
    try (FileHoles holes = open()) {
      assertFalse(holes.isHole(MEBIBYTE, MEBIBYTE));
      assertFalse(holes.isHole(MEBIBYTE - 4096, 2 * 4096));
      assertFalse(holes.isHole(2L * MEBIBYTE - 4096, 2 * 4096));
    }
  }

  @Test
  void behindTheEndOfTheFileIsNoHole() throws IOException {
    try (FileHoles holes = open()) {
      assertFalse(holes.isHole(4L * MEBIBYTE, MEBIBYTE));
    }
  }
}
