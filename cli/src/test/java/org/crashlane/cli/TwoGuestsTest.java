// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.crashlane.guest.lab.GuestConfig;
import org.crashlane.guest.lab.LabEvidence;
import org.crashlane.guest.lab.LabRun;
import org.crashlane.guest.lab.RunningGuest;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.guest.lab.parts.Parts;
import org.crashlane.guest.lab.parts.PartsUnavailableException;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Two guests that live at the same time are watched by one process and crash. */
@Tag("lab")
@Tag("long")
class TwoGuestsTest {
  private static final Duration HELD_LIMIT = Duration.ofMinutes(2);
  private static final Duration SEARCH = Duration.ofSeconds(5);

  @TempDir private Path directory;
  private final CountDownLatch ready = new CountDownLatch(2);

  @Test
  void eachIsArmedWhenItHasCrashedAndHasItsDocument() throws IOException {
    LabParts parts = parts();
    List<CompletableFuture<DumpOutcome>> dumps =
        List.of(inThread(() -> crash(parts, "a")), inThread(() -> crash(parts, "b")));
    await();
    Run run =
        Run.of(
            "arm",
            guest("a"),
            guest("b"),
            "--when-crashed",
            "--timeout",
            "300",
            "--json",
            "--journal",
            directory.resolve("journals").toString());
    dumps.forEach(dump -> assertInstanceOf(Written.class, dump.join(), run.err()));
    List<JsonNode> documents =
        run.out().lines().map(line -> JsonMapper.builder().build().readTree(line)).toList();
    assertEquals(
        List.of(guest("a"), guest("b")),
        documents.stream().map(node -> node.path("guest").asString("")).sorted().toList());
    for (JsonNode node : documents) {
      assertEquals("armed", node.path("outcome").asString(""), node.toString());
      assertTrue(node.path("resumedAfterMillis").asLong(-1) >= 0, node.toString());
      assertEquals(List.of(), OutputSchemaTest.schema("watch").validate(node), node.toString());
    }
  }

  private static LabParts parts() throws IOException {
    GuestConfig config = GuestConfig.defaults();
    try {
      return Parts.inUsersCache(_ -> {})
          .prepare(config.kernels(List.of(Strategy.NONE)), Set.of(), Optional.empty());
    } catch (PartsUnavailableException e) {
      Assumptions.abort(e.getMessage());
      throw new AssertionError("abort() does not return", e);
    }
  }

  private String guest(String name) {
    return "qemu:" + socket(name);
  }

  private Path socket(String name) {
    return directory.resolve(name + ".qmp");
  }

  private DumpOutcome crash(LabParts parts, String name) throws IOException {
    List<String> monitor =
        List.of(
            "-chardev",
            "socket,id=second,server=on,wait=off,path=" + socket(name),
            "-mon",
            "chardev=second,mode=control");
    GuestConfig config =
        GuestConfig.defaults()
            .withMore(new GuestConfig.MoreOptions(List.of(), List.of(), List.of(), monitor));
    try (LabRun run = LabRun.of(parts, config, Scenario.of(MappingMode.VTD, Strategy.NONE))) {
      LabEvidence evidence = run.execute(this::awaitWatch, _ -> {});
      return evidence.judged();
    }
  }

  /** A socket that is held is no longer named as disconnected. */
  private void awaitWatch(RunningGuest guest) throws IOException {
    guest.live().qmp().cont();
    ready.countDown();
    long end = System.nanoTime() + HELD_LIMIT.toNanos();
    while (isFree(guest) && System.nanoTime() < end) {
      sleep(Duration.ofMillis(100));
    }
    sleep(SEARCH);
    guest.live().qmp().stop();
  }

  private static boolean isFree(RunningGuest guest) throws IOException {
    for (JsonNode device : guest.live().qmp().execute("query-chardev")) {
      if (device.path("label").asString("").equals("second")) {
        return device.path("filename").asString("").startsWith("disconnected:");
      }
    }
    throw new IOException("QEMU has no second monitor");
  }

  private void await() throws IOException {
    try {
      ready.await();
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
  }

  private static void sleep(Duration time) throws IOException {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
  }

  private interface Work {
    DumpOutcome run() throws IOException;
  }

  private static CompletableFuture<DumpOutcome> inThread(Work work) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return work.run();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        task -> Thread.ofVirtual().start(task));
  }
}
