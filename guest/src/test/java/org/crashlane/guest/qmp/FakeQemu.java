// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qmp;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A socket that one client may come to, and that says what a test wants. */
public final class FakeQemu implements AutoCloseable {
  static final String GREETING = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n";

  /** What it does with its client. */
  @FunctionalInterface
  public interface Script {
    void run(Client client) throws IOException;
  }

  private final ServerSocketChannel server;

  private FakeQemu(ServerSocketChannel server) {
    this.server = server;
  }

  public static FakeQemu listen(Path socket, Script script) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread.ofVirtual()
        .start(() -> {
          try (SocketChannel channel = server.accept()) {
            script.run(new Client(channel));
          } catch (IOException e) {
            // The client has gone, or the test is over.
            return;
          }
        });
    return new FakeQemu(server);
  }

  /** A script that greets and accepts the capabilities, then runs {@code rest}. */
  public static Script greeting(Script rest) {
    return client -> {
      client.say(GREETING);
      client.hear();
      client.say("{\"return\": {}, \"id\": 1}\r\n");
      rest.run(client);
    };
  }

  /**
   * A script that answers each command, by its name and what it is about (command line, or path and
   * property), with JSON; with an error where that is empty.
   */
  public static Script answering(UnaryOperator<String> answers) {
    JsonMapper json = JsonMapper.builder().build();
    return client -> {
      BufferedReader in =
          new BufferedReader(Channels.newReader(client.channel(), StandardCharsets.UTF_8));
      client.say(GREETING);
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        JsonNode command = json.readTree(line);
        String name = command.path("execute").asString("");
        StringBuilder about = new StringBuilder(name);
        for (String argument : List.of("command-line", "path", "property")) {
          String value = command.path("arguments").path(argument).asString("");
          about.append(value.isEmpty() ? "" : " " + value);
        }
        String answer = answers.apply(about.toString());
        client.say(
            "{%s, \"id\": %d}\r\n"
                .formatted(
                    answer.isEmpty()
                        ? "\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}"
                        : "\"return\": " + answer,
                    command.path("id").asLong()));
      }
    };
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  /** The client, as the socket sees it. */
  public record Client(SocketChannel channel) {

    void say(String text) throws IOException {
      say(text.getBytes(StandardCharsets.UTF_8));
    }

    void say(byte[] bytes) throws IOException {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }

    /** Waits for a line, or the end. */
    void hear() throws IOException {
      int b = 0;
      while (b >= 0 && b != '\n') {
        b = Channels.newInputStream(channel).read();
      }
    }
  }
}
