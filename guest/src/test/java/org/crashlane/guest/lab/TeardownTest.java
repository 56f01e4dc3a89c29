// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TeardownTest {
  private static final long MEMORY_BYTES = 1 << 20;

  @Test
  void lastAddedIsUndoneFirst() throws IOException {
    List<String> undone = new ArrayList<>();
    try (Teardown teardown = Teardown.register()) {
      teardown.add(() -> undone.add("first"));
      teardown.add(() -> undone.add("second"));
    }
    assertEquals(List.of("second", "first"), undone);
  }

  @Test
  void failureKeepsNothingElseFromBeingUndone() throws IOException {
    List<String> undone = new ArrayList<>();
    Teardown teardown = Teardown.register();
    teardown.add(() -> undone.add("first"));
    teardown.add(() -> {
      throw new IOException("stuck");
    });
    IOException e = assertThrows(IOException.class, teardown::close);
    assertEquals("stuck", e.getMessage());
    assertEquals(List.of("first"), undone);
  }

  @Test
  void whatIsAddedTooLateIsUndoneAtOnce() throws IOException {
    Teardown teardown = Teardown.register();
    teardown.close();
    List<String> undone = new ArrayList<>();
    assertThrows(IOException.class, () -> teardown.add(() -> undone.add("late")));
    assertEquals(List.of("late"), undone);
  }

  @Test
  void workAreaIsGoneAfterwards() throws IOException {
    WorkArea area;
    try (Teardown teardown = Teardown.register()) {
      area = WorkArea.create(MEMORY_BYTES, teardown);
      assertTrue(Files.exists(area.disk()));
      assertTrue(Files.exists(area.memory().getParent()));
    }
    assertFalse(Files.exists(area.directory()));
    assertFalse(Files.exists(area.memory().getParent()));
  }

  @Test
  void deadRunsDirectoryIsRemovedAndALivingOnesIsNot(@TempDir Path base) throws Exception {
    Path dead = Files.createDirectory(base.resolve("run-dead"));
    Files.createFile(dead.resolve(LeftOvers.LOCK));
    Path foreign = Files.createDirectory(base.resolve("run-foreign"));
    Path living = Files.createDirectory(base.resolve("run-living"));
    Path lock = Files.createFile(living.resolve(LeftOvers.LOCK));
    try (var channel = FileChannel.open(lock, StandardOpenOption.WRITE);
        var held = channel.lock()) {
      assertTrue(held.isValid());
      LeftOvers.remove(base, "run-");
    }
    assertFalse(Files.exists(dead));
    assertTrue(Files.exists(foreign), "a directory without our lock file is not ours");
    assertTrue(Files.exists(living));
  }

  @Test
  void onlyAProcessThatWasToldTheDirectoryIsEnded(@TempDir Path base) throws Exception {
    Path dead = Files.createDirectory(base.resolve("run-dead"));
    Files.createFile(dead.resolve(LeftOvers.LOCK));
    Process stranger = new ProcessBuilder("sleep", "60").start();
    Process ours = new ProcessBuilder("sh", "-c", "sleep 60; : " + dead).start();
    try {
      Files.writeString(dead.resolve(LeftOvers.PID), Long.toString(stranger.pid()));
      LeftOvers.remove(base, "run-");
      assertTrue(stranger.isAlive());

      Files.createDirectory(dead);
      Files.createFile(dead.resolve(LeftOvers.LOCK));
      Files.writeString(dead.resolve(LeftOvers.PID), Long.toString(ours.pid()));
      LeftOvers.remove(base, "run-");
      assertTrue(ours.waitFor(20, TimeUnit.SECONDS));
    } finally {
      ours.descendants().forEach(ProcessHandle::destroyForcibly);
      ours.destroyForcibly();
      stranger.destroyForcibly();
    }
  }
}
