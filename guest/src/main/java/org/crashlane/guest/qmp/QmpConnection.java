// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qmp;

import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.crashlane.bits.Printable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The socket and its two threads: one writes what is sent, so that no sender waits on a QEMU that
 * does not read; the other takes lines apart into the greeting, answers (by id) and events.
 */
final class QmpConnection implements AutoCloseable {
  private static final int LINE_LIMIT_BYTES = 1 << 24;
  private static final int REASON_CHARS = 200;
  private static final String CLOSED = "the connection was closed";
  private static final String ENDED = "QEMU closed the connection";

  private final SocketChannel channel;
  private final JsonMapper json = JsonMapper.builder().build();
  private final CompletableFuture<JsonNode> greeting = new CompletableFuture<>();
  private final Map<Long, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
  private final BlockingQueue<byte[]> outgoing = new LinkedBlockingQueue<>();
  private final AtomicLong lastId = new AtomicLong();
  private final AtomicReference<Optional<IOException>> broken =
      new AtomicReference<>(Optional.empty());
  private final EventQueue events;
  private final Thread writer;

  private QmpConnection(Path socket, SocketChannel channel) {
    this.channel = channel;
    this.events = new EventQueue(socket);
    this.writer = Thread.ofVirtual().name("qmp-writer").unstarted(this::writeAll);
  }

  static QmpConnection open(Path socket) throws IOException {
    if (!Files.exists(socket)) {
      throw new IOException(socket + ": no such socket (is the guest gone?)");
    }
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      // Non-blocking, because a connect to a socket whose queue is full would wait without bound.
      channel.configureBlocking(false);
      channel.connect(UnixDomainSocketAddress.of(socket));
      channel.configureBlocking(true);
    } catch (IOException e) {
      channel.close();
      throw new IOException(socket + ": cannot connect: " + connectFailure(socket, e), e);
    }
    QmpConnection connection = new QmpConnection(socket, channel);
    connection.writer.start();
    Thread.ofVirtual().name("qmp-reader").start(connection::readAll);
    return connection;
  }

  private static String connectFailure(Path socket, IOException e) {
    String reason = String.valueOf(e.getMessage());
    if (reason.contains("refused")) {
      return Files.isRegularFile(socket) || Files.isDirectory(socket)
          ? "not a socket"
          : "nobody listens (is the guest gone?)";
    }
    return reason.contains("temporarily unavailable")
        ? "its queue is full (other clients hold the socket)"
        : reason;
  }

  CompletableFuture<JsonNode> greeting() {
    return greeting;
  }

  EventQueue events() {
    return events;
  }

  CompletableFuture<JsonNode> send(String command, Map<String, ?> arguments) {
    long id = lastId.incrementAndGet();
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("execute", command);
    if (!arguments.isEmpty()) {
      message.put("arguments", arguments);
    }
    message.put("id", id);
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    waiting.put(id, answer);
    // Looked at after the answer is in the map: whoever breaks the connection fails what it finds.
    broken.get().ifPresent(answer::completeExceptionally);
    outgoing.add((json.writeValueAsString(message) + "\n").getBytes(StandardCharsets.UTF_8));
    return answer;
  }

  private void writeAll() {
    try {
      while (channel.isOpen()) {
        ByteBuffer bytes = ByteBuffer.wrap(outgoing.take());
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
      }
    } catch (IOException e) {
      fail(new IOException(ENDED, e));
    } catch (InterruptedException e) {
      fail(new IOException(CLOSED, e));
    }
  }

  private void readAll() {
    LineReader lines = new LineReader(channel, LINE_LIMIT_BYTES);
    try {
      for (Optional<String> line = lines.next(); line.isPresent(); line = lines.next()) {
        if (!line.get().isBlank()) {
          take(line.get());
        }
      }
      fail(new IOException(ENDED));
    } catch (JacksonException e) {
      String why = Printable.of(String.valueOf(e.getOriginalMessage()), REASON_CHARS);
      fail(new IOException("what answers does not speak QMP: " + why, e));
    } catch (SocketException e) {
      fail(new IOException(ENDED, e));
    } catch (ClosedChannelException e) {
      fail(new IOException(CLOSED, e));
    } catch (IOException e) {
      fail(e);
    }
  }

  private void take(String line) throws IOException {
    JsonNode message = json.readTree(line);
    if (message.has("event")) {
      events.add(
          new QmpEvent(message.path("event").asString(""), message.path("data")), line.length());
    } else if (message.path("id").isIntegralNumber()) {
      Optional.ofNullable(waiting.remove(message.path("id").asLong()))
          .ifPresent(answer -> answer.complete(message));
    } else if (message.path("QMP").isObject()) {
      greeting.complete(message);
    } else {
      throw new IOException("what answers does not speak QMP");
    }
  }

  /** Whoever waits, and whoever asks later, gets {@code reason}; the first one counts. */
  private void fail(IOException reason) {
    if (broken.compareAndSet(Optional.empty(), Optional.of(reason))) {
      events.end(String.valueOf(reason.getMessage()));
      greeting.completeExceptionally(reason);
      waiting.values().forEach(answer -> answer.completeExceptionally(reason));
      writer.interrupt();
      try {
        channel.close();
      } catch (IOException e) {
        reason.addSuppressed(e);
      }
    }
  }

  @Override
  public void close() {
    fail(new IOException(CLOSED));
  }
}
