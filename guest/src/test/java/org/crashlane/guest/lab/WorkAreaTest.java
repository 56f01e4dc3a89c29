// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;

class WorkAreaTest {
  private static final long MIB = 1L << 20;

  @Test
  void aRunThatFindsNoRoomIsRefusedBeforeItBegins() throws IOException {
    try (Teardown teardown = Teardown.register()) {
      IOException e = assertThrows(IOException.class, () -> WorkArea.create(1L << 60, teardown));
      String message = e.getMessage();
      assertTrue(message.contains(": no room on this disk for a run of the lab: "), message);
      assertTrue(message.contains("-Djava.io.tmpdir=DIR"), message);
    }
  }

  @Test
  void aFolderThatHasItsNameIsLockedAndNobodyTakesItForADeadRuns() throws IOException {
    Path directory;
    try (Teardown teardown = Teardown.register()) {
      WorkArea area = WorkArea.create(MIB, teardown);
      directory = area.directory();
      assertTrue(directory.getFileName().toString().startsWith("crashlane-lab-"));
      try (FileChannel lock =
          FileChannel.open(directory.resolve(LeftOvers.LOCK), StandardOpenOption.WRITE)) {
        assertThrows(OverlappingFileLockException.class, lock::tryLock);
      }
      LeftOvers.remove(directory.getParent(), "crashlane-lab-");
      assertTrue(Files.exists(area.disk()));
      assertEquals("", area.fullness());
    }
    assertFalse(Files.exists(directory));
  }
}
