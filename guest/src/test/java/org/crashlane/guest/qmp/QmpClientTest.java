// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qmp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client against whatever may sit at the other end. */
class QmpClientTest {
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path directory;
  private Path socket = Path.of("");

  @BeforeEach
  void nameSocket() {
    socket = directory.resolve("s");
  }

  private void connectFails(String reason, FakeQemu.Script script) throws IOException {
    try (FakeQemu _ = FakeQemu.listen(socket, script)) {
      IOException e = assertThrows(IOException.class, () -> QmpClient.connect(socket, SHORT));
      assertTrue(e.getMessage().startsWith(socket + ": "), e.getMessage());
      assertTrue(e.getMessage().contains(reason), e.getMessage());
    }
  }

  @Test
  void aSocketThatIsNotThereIsNamed() {
    IOException e = assertThrows(IOException.class, () -> QmpClient.connect(socket));
    assertEquals(socket + ": no such socket (is the guest gone?)", e.getMessage());
  }

  @Test
  void aSocketThatNobodyListensOnIsNamed() throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket)).close();
    IOException e = assertThrows(IOException.class, () -> QmpClient.connect(socket));
    assertEquals(socket + ": cannot connect: nobody listens (is the guest gone?)", e.getMessage());
  }

  @Test
  void aPlainFileIsNoSocket() throws IOException {
    Files.writeString(socket, "x");
    IOException e = assertThrows(IOException.class, () -> QmpClient.connect(socket));
    assertEquals(socket + ": cannot connect: not a socket", e.getMessage());
  }

  @Test
  void aPathTooLongForASocketIsNamed() throws IOException {
    Path deep = Files.createDirectories(directory.resolve("x".repeat(120))).resolve("s");
    Files.writeString(deep, "");
    IOException e = assertThrows(IOException.class, () -> QmpClient.connect(deep));
    assertTrue(e.getMessage().startsWith(deep + ": cannot connect: "), e.getMessage());
  }

  @Test
  void silenceInsteadOfAGreetingEndsInTime() throws IOException {
    connectFails("no greeting in 0.3 s", FakeQemu.Client::hear);
  }

  @Test
  void anEndInsteadOfAGreetingIsTold() throws IOException {
    connectFails("no greeting: QEMU closed the connection", _ -> {});
  }

  @Test
  void anEndInTheMiddleOfTheGreetingIsTold() throws IOException {
    connectFails("QEMU closed the connection", client -> client.say("{\"QMP\": {"));
  }

  @Test
  void aGreetingThatIsNoJsonIsTold() throws IOException {
    connectFails("does not speak QMP", client -> client.say("SSH-2.0-OpenSSH_9.2\r\n"));
    Files.delete(socket);
    connectFails("does not speak QMP", client -> client.say("[[[[]\r\n"));
  }

  @Test
  void aGreetingThatIsJsonButNotQmpIsTold() throws IOException {
    connectFails("does not speak QMP", client -> client.say("{\"hello\": 1}\r\n"));
    Files.delete(socket);
    connectFails("does not speak QMP", client -> client.say("17\r\n"));
  }

  @Test
  void aLineWithoutEndIsBounded() throws IOException {
    byte[] block = new byte[1 << 20];
    Arrays.fill(block, (byte) 'x');
    try (FakeQemu _ =
        FakeQemu.listen(
            socket,
            client -> {
              while (true) {
                client.say(block);
              }
            })) {
      IOException e = assertThrows(IOException.class, () -> QmpClient.connect(socket, LONG));
      assertTrue(e.getMessage().endsWith("a line is longer than 16777216 bytes"), e.getMessage());
    }
  }

  @Test
  void noiseInsteadOfAGreetingIsOneClearError() throws IOException {
    for (long seed = 0; seed < 30; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] noise = new byte[1 + random.nextInt(300)];
      random.nextBytes(noise);
      Files.deleteIfExists(socket);
      try (FakeQemu _ = FakeQemu.listen(socket, client -> client.say(noise))) {
        IOException e =
            assertThrows(IOException.class, () -> QmpClient.connect(socket, LONG), "seed " + seed);
        assertTrue(e.getMessage().startsWith(socket + ": no greeting: "), e.getMessage());
      }
    }
  }

  @Test
  void aCommandWithoutAnswerEndsInTimeAndIsNamed() throws IOException {
    try (FakeQemu _ =
            FakeQemu.listen(
                socket,
                FakeQemu.greeting(client -> {
                  client.hear();
                  client.hear();
                }));
        QmpClient qmp = QmpClient.connect(socket, LONG)) {
      IOException e =
          assertThrows(IOException.class, () -> qmp.execute("query-status", Map.of(), SHORT));
      assertEquals(socket + ": no answer to 'query-status' in 0.3 s", e.getMessage());
    }
  }

  @Test
  void aLateAnswerIsNotTakenForTheNextOne() throws IOException {
    try (FakeQemu _ =
            FakeQemu.listen(
                socket,
                FakeQemu.greeting(client -> {
                  client.hear();
                  client.hear();
                  client.say("{\"return\": \"late\", \"id\": 2}\r\n");
                  client.say("{\"return\": \"right\", \"id\": 3}\r\n");
                  client.hear();
                }));
        QmpClient qmp = QmpClient.connect(socket, LONG)) {
      assertThrows(IOException.class, () -> qmp.execute("first", Map.of(), SHORT));
      assertEquals("right", qmp.execute("second").asString());
    }
  }

  @Test
  void eventsBetweenAnswersAreKeptByName() throws IOException {
    try (FakeQemu _ =
            FakeQemu.listen(
                socket,
                FakeQemu.greeting(client -> {
                  client.say("{\"event\": \"A\", \"data\": {\"n\": 1}}\r\n\r\n");
                  client.say("{\"event\": \"B\"}\r\n{\"event\": \"A\", \"data\": {\"n\": 2}}\n");
                  client.hear();
                }));
        QmpClient qmp = QmpClient.connect(socket, LONG)) {
      assertTrue(qmp.awaitEvent("B", LONG).data().isMissingNode());
      assertEquals(1, qmp.awaitEvent("A", LONG).data().path("n").asInt());
      assertEquals(2, qmp.awaitEvent("A", LONG).data().path("n").asInt());
    }
  }

  @Test
  void theReasonOfARefusalDoesNothingToTheTerminal() throws IOException {
    try (FakeQemu _ =
            FakeQemu.listen(
                socket,
                FakeQemu.greeting(client -> {
                  client.hear();
                  client.say("{\"id\": 2, \"error\": {\"desc\": \"\\u001b[31mno\\u0007\\n\"}}\r\n");
                  client.hear();
                }));
        QmpClient qmp = QmpClient.connect(socket, LONG)) {
      IOException e = assertThrows(QmpCommandException.class, () -> qmp.execute("stop"));
      assertEquals(socket + ": QEMU refused 'stop': \\x1b[31mno\\x07\\x0a", e.getMessage());
    }
  }

  @Test
  void aFloodOfEventsIsKeptInPartAndTheLatestStay() throws IOException {
    String padding = "x".repeat(100_000);
    int sentCount = 64;
    try (FakeQemu _ =
            FakeQemu.listen(
                socket,
                FakeQemu.greeting(client -> {
                  for (int i = 0; i < sentCount; i++) {
                    client.say(event("BIG", i, padding));
                  }
                  client.say(event("END", 0, ""));
                  client.hear();
                }));
        QmpClient qmp = QmpClient.connect(socket, LONG)) {
      qmp.awaitEvent("END", LONG);
      int keptCount = 0;
      int last = -1;
      for (Optional<QmpEvent> each = qmp.takeEvent("BIG");
          each.isPresent();
          each = qmp.takeEvent("BIG")) {
        keptCount++;
        last = each.get().data().path("n").asInt();
      }
      assertEquals(sentCount - 1, last);
      assertTrue(keptCount * padding.length() <= 1 << 20, keptCount + " were kept");
    }
  }

  @Test
  void anEventThatIsTooLongIsNotKeptAndTheNextOneIs() throws IOException {
    try (FakeQemu _ =
            FakeQemu.listen(
                socket,
                FakeQemu.greeting(client -> {
                  client.say(event("HUGE", 0, "x".repeat(2 << 20)));
                  client.say(event("END", 0, ""));
                  client.hear();
                }));
        QmpClient qmp = QmpClient.connect(socket, LONG)) {
      qmp.awaitEvent("END", LONG);
      assertEquals(Optional.empty(), qmp.takeEvent("HUGE"));
    }
  }

  private static String event(String name, int n, String padding) {
    return "{\"event\": \"%s\", \"data\": {\"n\": %d, \"s\": \"%s\"}}\r\n"
        .formatted(name, n, padding);
  }

  @Test
  void aClosedClientSaysSo() throws IOException {
    try (FakeQemu _ = FakeQemu.listen(socket, FakeQemu.greeting(FakeQemu.Client::hear))) {
      QmpClient qmp = QmpClient.connect(socket, LONG);
      qmp.close();
      IOException e = assertThrows(IOException.class, qmp::status);
      assertEquals(
          socket + ": no answer to 'query-status': the connection was closed", e.getMessage());
    }
  }
}
