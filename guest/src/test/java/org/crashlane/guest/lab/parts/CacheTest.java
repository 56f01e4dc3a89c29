// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheTest {
  @TempDir private Path directory;

  @Test
  void entryIsBuiltOnce() throws Exception {
    Cache cache = Cache.in(directory);
    AtomicInteger built = new AtomicInteger();
    for (int i = 0; i < 2; i++) {
      Path entry =
          cache.locked(() -> cache.entry("x", 1, into -> write(into, built.incrementAndGet())));
      assertEquals("1", Files.readString(entry.resolve("content")));
    }
    assertEquals(1, built.get());
  }

  @Test
  void entryThatServesNoMoreIsBuiltAnewInItsPlace() throws Exception {
    Cache cache = Cache.in(directory);
    cache.locked(() -> cache.entry("x", 1, into -> write(into, 1)));
    for (boolean serves : new boolean[] {true, false}) {
      Path entry = cache.locked(() -> cache.entry("x", 1, _ -> serves, into -> write(into, 2)));
      assertEquals(serves ? "1" : "2", Files.readString(entry.resolve("content")));
    }
    assertEquals(List.of("lock", "x"), names());
  }

  @Test
  void entryThatFailsHalfWayIsNotThere() throws Exception {
    Cache cache = Cache.in(directory);
    assertThrows(
        IOException.class,
        () ->
            cache.locked(() ->
                cache.entry(
                    "x",
                    1,
                    into -> {
                      write(into, 1);
                      throw new IOException("half-way");
                    })));
    assertFalse(Files.exists(cache.path("x")));
    assertEquals(List.of("lock"), names());
  }

  @Test
  void withoutRoomNothingIsBegunAndTheWayOutIsNamed() throws Exception {
    Cache cache = Cache.in(directory);
    PartsUnavailableException e =
        assertThrows(
            PartsUnavailableException.class,
            () ->
                cache.locked(() ->
                    cache.entry("x", Long.MAX_VALUE, into -> fail("there is no room for it"))));
    String message = e.getMessage();
    assertTrue(message.startsWith(directory + ": no room on this disk, "), message);
    assertTrue(message.contains("XDG_CACHE_HOME"), message);
    assertEquals(List.of("lock"), names());
  }

  @Test
  void aFolderThatCannotBeMadeNamesTheWayOut() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "");
    PartsUnavailableException e =
        assertThrows(PartsUnavailableException.class, () -> Cache.in(file.resolve("cache")));
    assertTrue(e.getMessage().startsWith(file.resolve("cache") + ": cannot be made"));
    assertTrue(e.getMessage().contains("XDG_CACHE_HOME"), e.getMessage());
  }

  @Test
  void whatAKilledBuildLeftIsRemovedAndNeverUsed() throws Exception {
    Cache cache = Cache.in(directory);
    Files.writeString(
        Files.createDirectory(directory.resolve("unfinished-1")).resolve("content"), "bad");
    Path entry = cache.locked(() -> cache.entry("x", 1, into -> write(into, 7)));
    assertEquals("7", Files.readString(entry.resolve("content")));
    assertEquals(List.of("lock", "x"), names());
  }

  @Test
  void threadsBuildOneAfterTheOther() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger built = new AtomicInteger();
    Callable<Path> builder =
        () -> {
          Cache cache = Cache.in(directory);
          return cache.locked(() -> {
            assertEquals(1, inside.incrementAndGet());
            Path entry = cache.entry("x", 1, into -> write(into, built.incrementAndGet()));
            inside.decrementAndGet();
            return entry;
          });
        };
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Path>> entries = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        entries.add(threads.submit(builder));
      }
      for (Future<Path> entry : entries) {
        assertTrue(Files.exists(entry.get().resolve("content")));
      }
    }
    assertEquals(1, built.get());
  }

  @Test
  void whatNobodyNeedsAnyMoreIsRemoved() throws Exception {
    Cache cache = Cache.in(directory);
    Instant now = Instant.parse("2026-01-02T00:00:00Z");
    Instant yesterday = now.minus(Duration.ofDays(1));
    cache.locked(() -> {
      for (String name : List.of("lab-needed", "lab-old", "lab-young", "kernel-old", "other-old")) {
        cache.entry(name, 1, into -> write(into, 1));
        cache.touch(name, yesterday.minusSeconds(1));
      }
      cache.touch("lab-young", now);
      cache.touch("lab-absent", now);
      cache.prune(Set.of("lab-", "kernel-"), Set.of("lab-needed"), yesterday);
      return now;
    });
    assertEquals(List.of("lab-needed", "lab-young", "lock", "other-old"), names());
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  private static void write(Path into, int number) throws IOException {
    Files.writeString(into.resolve("content"), Integer.toString(number));
  }
}
