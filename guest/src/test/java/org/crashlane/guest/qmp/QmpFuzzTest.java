// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qmp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.crashlane.fuzz.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged lines behind a right greeting: an answer, or one error that names the socket. */
@Tag("slow")
class QmpFuzzTest {
  private static final Duration LONG = Duration.ofSeconds(10);
  private static final String ANSWERS =
      """
      {"timestamp": {"seconds": 1, "microseconds": 2}, "event": "STOP"}
      {"event": "GUEST_PANICKED", "data": {"action": "pause", "info": {"type": "hyper-v"}}}
      {"return": {"status": "paused", "running": false}, "id": 2}
      """;
  private static final String ERROR =
      "{\"id\": 2, \"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}}\r\n";

  @TempDir Path directory;
  private final AtomicLong answeredCount = new AtomicLong();

  @Test
  void damagedAnswersAreStood() throws IOException, InterruptedException {
    Path socket = directory.resolve("s");
    List<byte[]> corpus =
        List.of(ANSWERS.getBytes(StandardCharsets.UTF_8), ERROR.getBytes(StandardCharsets.UTF_8));
    ask(socket, corpus.getFirst());
    assertEquals(1, answeredCount.get());
    long count =
        new Fuzz("QMP", corpus, List.of())
            .run(bytes -> {
              Files.deleteIfExists(socket);
              ask(socket, bytes);
            });
    assertTrue(count > 0);
    System.out.println("QMP: " + answeredCount + " of " + count + " were answers all the same");
  }

  private void ask(Path socket, byte[] answer) throws IOException {
    FakeQemu.Script script =
        FakeQemu.greeting(client -> {
          client.hear();
          client.say(answer);
        });
    try (FakeQemu _ = FakeQemu.listen(socket, script);
        QmpClient qmp = QmpClient.connect(socket, LONG)) {
      qmp.execute("query-status", Map.of(), LONG);
      answeredCount.incrementAndGet();
    } catch (IOException e) {
      assertTrue(e.getMessage().contains(socket.toString()), e.getMessage());
    }
  }
}
