// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qmp;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import tools.jackson.databind.JsonNode;

/**
 * A client of QEMU's machine protocol (docs/interop/qmp-spec in QEMU's sources) on a unix socket.
 *
 * <p>Safe for use by several threads. Every wait is bounded. All failures are {@link IOException}s
 * that begin with the socket's path; an error that QEMU answers is a {@link QmpCommandException}.
 * Closing leaves the guest as it is.
 */
public final class QmpClient implements AutoCloseable {
  /** How long a command may take unless its caller says otherwise. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

  /** QEMU greets at once, or never: it serves one client at a time. */
  private static final Duration GREETING_LIMIT = Duration.ofSeconds(5);

  private final Path socket;
  private final Duration timeout;
  private final QmpConnection connection;
  private final AtomicReference<OptionalInt> processId = new AtomicReference<>(OptionalInt.empty());

  private QmpClient(Path socket, Duration timeout, QmpConnection connection) {
    this.socket = socket;
    this.timeout = timeout;
    this.connection = connection;
  }

  /** Connects with the {@link #DEFAULT_TIMEOUT}; see {@link #connect(Path, Duration)}. */
  public static QmpClient connect(Path socket) throws IOException {
    return connect(socket, DEFAULT_TIMEOUT);
  }

  /**
   * Connects and waits for QEMU's greeting.
   *
   * @param socket QEMU's {@code -qmp unix:SOCKET,server=on}
   * @param timeout how long each command may take; the greeting at most 5 s of it
   * @throws IOException if nobody listens, another client holds the socket, or what answers is not
   *     QEMU
   */
  public static QmpClient connect(Path socket, Duration timeout) throws IOException {
    QmpConnection connection = QmpConnection.open(socket);
    QmpClient client = new QmpClient(socket, timeout, connection);
    try {
      client.await(
          connection.greeting(),
          timeout.compareTo(GREETING_LIMIT) < 0 ? timeout : GREETING_LIMIT,
          "no greeting",
          "(does another client hold the socket?)");
      client.execute("qmp_capabilities");
      return client;
    } catch (IOException e) {
      client.close();
      throw e;
    }
  }

  /** {@return the socket's path} */
  public Path socket() {
    return socket;
  }

  /**
   * {@return the id of the process that listens on the socket, as {@link SocketPeer#processId}} It
   * is asked once: each question stays in the socket's queue, which has room for two.
   */
  public int processId() throws IOException {
    if (processId.get().isEmpty()) {
      processId.set(OptionalInt.of(SocketPeer.processId(socket)));
    }
    return processId.get().orElseThrow();
  }

  /** Executes a command without arguments; see {@link #execute(String, Map, Duration)}. */
  public JsonNode execute(String command) throws IOException {
    return execute(command, Map.of(), timeout);
  }

  /** Executes a command; see {@link #execute(String, Map, Duration)}. */
  public JsonNode execute(String command, Map<String, ?> arguments) throws IOException {
    return execute(command, arguments, timeout);
  }

  /**
   * Executes a command and waits for its answer.
   *
   * @param arguments by name: strings, numbers, booleans, lists and maps of these
   * @param timeout how long to wait; QEMU may still execute the command after that
   * @return what QEMU returned
   * @throws QmpCommandException if QEMU answered with an error
   */
  public JsonNode execute(String command, Map<String, ?> arguments, Duration timeout)
      throws IOException {
    CompletableFuture<JsonNode> answer = connection.send(command, arguments);
    JsonNode reply = await(answer, timeout, "no answer to '" + command + "'", "");
    JsonNode error = reply.path("error");
    if (error.isObject()) {
      throw new QmpCommandException(socket, command, error.path("desc").asString("no reason"));
    }
    return reply.path("return");
  }

  /**
   * {@return what the human monitor prints for {@code commandLine}, with line ends of one
   * character}
   *
   * <p>The human monitor has no error answers: a wrong command prints its complaint.
   */
  public String hmp(String commandLine) throws IOException {
    JsonNode printed = execute("human-monitor-command", Map.of("command-line", commandLine));
    return printed.asString("").replace("\r\n", "\n");
  }

  /** Stops the guest's processors; returns when they stand. */
  public void stop() throws IOException {
    execute("stop");
  }

  /** Lets the guest run on. */
  public void cont() throws IOException {
    execute("cont");
  }

  /** {@return true if the guest runs; false if it is stopped, for whatever reason} */
  public boolean isRunning() throws IOException {
    JsonNode running = execute("query-status").path("running");
    if (!running.isBoolean()) {
      throw new IOException(socket + ": the answer to 'query-status' is not right");
    }
    return running.booleanValue();
  }

  /** {@return QEMU's word for the guest's state: {@code running}, {@code paused}, …} */
  public String status() throws IOException {
    return execute("query-status").path("status").asString("unknown");
  }

  /**
   * Takes the oldest event of this name that nobody has taken, waiting for one if there is none.
   * Events of other names stay.
   *
   * @throws IOException if none comes in {@code timeout} or the connection ends first
   */
  public QmpEvent awaitEvent(String name, Duration timeout) throws IOException {
    return connection.events().await(name, timeout);
  }

  /**
   * {@return the oldest event of this name that nobody has taken, if one has come} What QEMU sent
   * before its last answer has come.
   */
  public Optional<QmpEvent> takeEvent(String name) {
    return connection.events().poll(name);
  }

  private JsonNode await(
      CompletableFuture<JsonNode> future, Duration limit, String failure, String guess)
      throws IOException {
    try {
      return future.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      String inTime = failure + " in " + Waits.inWords(limit);
      throw new IOException((socket + ": " + inTime + " " + guess).strip(), e);
    } catch (ExecutionException e) {
      String reason = Optional.ofNullable(e.getCause().getMessage()).orElse("the connection broke");
      throw new IOException(socket + ": " + failure + ": " + reason, e.getCause());
    } catch (InterruptedException e) {
      throw Waits.interrupted(socket, "QEMU", e);
    }
  }

  /** Closes the connection; waiting commands fail. The guest is left as it is. */
  @Override
  public void close() {
    connection.close();
  }
}
