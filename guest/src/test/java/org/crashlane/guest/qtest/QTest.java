// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qtest;

import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ImageRegion;
import org.crashlane.memory.MappedImage;

/**
 * A QEMU machine without guest software, driven over QEMU's qtest socket: registers by commands,
 * guest memory by a shared file.
 *
 * <p>Distributions build QEMU without the {@code qtest} accelerator; its command socket works with
 * any. So the machine runs on TCG with a processor that does nothing (see {@link Board}), and with
 * {@code sleep=off} its virtual clock jumps to the next timer instead of waiting for it.
 *
 * <p>No wait is without bound. What was started is stopped on {@link #close} and when the JVM ends;
 * what was put into the file system is gone as soon as the machine runs.
 */
public final class QTest implements AutoCloseable {
  private static final String OK = "OK";
  private static final String INTERRUPT_NOTICE = "IRQ ";
  private static final String INTERRUPT_RAISED = "IRQ raise ";

  private final QTestConfig config;
  private final QemuProcess process;
  private final LineSocket socket;
  private final MappedImage ram;
  private final String version;

  private QTest(
      QTestConfig config, QemuProcess process, LineSocket socket, MappedImage ram, String version) {
    this.config = config;
    this.version = version;
    this.process = process;
    this.socket = socket;
    this.ram = ram;
  }

  /**
   * Starts the machine and waits until it answers.
   *
   * @throws QTestException if it does not, quoting QEMU
   */
  public static QTest start(QTestConfig config) throws IOException {
    String version = QemuProcess.version(config.program(), config.startLimit());
    try (Scratch scratch = Scratch.create(config.ramBytes())) {
      scratch.write(Scratch.ROM, config.board().rom());
      try (ServerSocketChannel server = LineSocket.listen(scratch.path(Scratch.SOCKET))) {
        return connect(config, scratch, server, version);
      }
    }
  }

  private static QTest connect(
      QTestConfig config, Scratch scratch, ServerSocketChannel server, String version)
      throws IOException {
    QemuProcess process =
        QemuProcess.start(
            arguments(config, scratch), scratch.path(Scratch.ERRORS), config.stopLimit());
    try {
      LineSocket socket =
          LineSocket.accept(server, config.startLimit(), process::isAlive)
              .orElseThrow(() -> process.failure("QEMU did not connect to its qtest socket"));
      return over(socket, config, scratch, process, version);
    } catch (IOException | RuntimeException e) {
      process.close();
      throw e;
    }
  }

  private static QTest over(
      LineSocket socket, QTestConfig config, Scratch scratch, QemuProcess process, String version)
      throws IOException {
    try {
      answersFirst(socket, process, config.startLimit());
      AddressRange all = AddressRange.ofSize(0, config.ramBytes());
      MappedImage ram =
          MappedImage.openForWriting(scratch.path(Scratch.RAM), List.of(new ImageRegion(all, 0)));
      return new QTest(config, process, socket, ram, version);
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /** QEMU connects early, but answers only when the machine is built and its files are open. */
  private static void answersFirst(LineSocket socket, QemuProcess process, Duration limit)
      throws IOException {
    Commands first = new Commands();
    first.readl(0);
    exchange(socket, process, first, limit, false);
  }

  private static List<String> arguments(QTestConfig config, Scratch scratch) {
    List<String> arguments = new ArrayList<>();
    arguments.add(config.program());
    arguments.addAll(List.of("-accel", "tcg"));
    arguments.addAll(config.board().arguments());
    arguments.addAll(List.of("-bios", scratch.path(Scratch.ROM).toString()));
    arguments.addAll(List.of("-qtest", "unix:" + scratch.path(Scratch.SOCKET)));
    arguments.addAll(List.of("-qtest-log", "/dev/null", "-display", "none"));
    arguments.addAll(List.of("-m", Long.toString(config.ramMebibytes())));
    arguments.addAll(List.of("-object", memoryBackend(config, scratch.path(Scratch.RAM))));
    arguments.addAll(List.of("-machine", config.machine() + ",memory-backend=ram"));
    arguments.addAll(config.devices());
    return arguments;
  }

  private static String memoryBackend(QTestConfig config, Path file) {
    return "memory-backend-file,id=ram,share=on,size=%dM,mem-path=%s"
        .formatted(config.ramMebibytes(), file);
  }

  /** {@return what the program says of itself: name and version} */
  public String version() {
    return version;
  }

  /** {@return the running QEMU} */
  ProcessHandle process() {
    return process.handle();
  }

  /** {@return guest memory, shared with the machine: what is written here devices see at once} */
  public MappedImage ram() {
    return ram;
  }

  /**
   * From now on, interrupts that reach {@code controller} are told on the socket, so that {@link
   * #runToInterrupt} can wait for them.
   *
   * @param controller a device in QEMU's object tree, such as {@code ioapic}
   */
  public void interceptInterrupts(String controller) throws IOException {
    Commands commands = new Commands();
    commands.interceptInterrupts(controller);
    run(commands);
  }

  /**
   * Runs {@code commands} in one exchange.
   *
   * @return the answer to each, 0 for commands that only confirm
   * @throws QTestException if one is refused, or if QEMU goes away or does not answer in time
   */
  public long[] run(Commands commands) throws IOException {
    return exchange(socket, process, commands, config.replyLimit(), false);
  }

  /**
   * Runs {@code commands} in one exchange, and waits until an interrupt has been raised since its
   * beginning.
   *
   * @return the answer to each, 0 for commands that only confirm
   * @throws QTestException as {@link #run}, or if there is no interrupt in time
   */
  public long[] runToInterrupt(Commands commands) throws IOException {
    return exchange(socket, process, commands, config.replyLimit(), true);
  }

  private static long[] exchange(
      LineSocket socket,
      QemuProcess process,
      Commands commands,
      Duration limit,
      boolean toInterrupt)
      throws IOException {
    long end = System.nanoTime() + limit.toNanos();
    long[] answers = new long[commands.count()];
    boolean raised = !toInterrupt;
    int done = 0;
    try {
      socket.send(commands.bytes(), end);
      while (done < answers.length || !raised) {
        String line = socket.receive(end);
        if (line.startsWith(INTERRUPT_NOTICE)) {
          raised |= line.startsWith(INTERRUPT_RAISED);
        } else {
          answers[done] = answer(commands, done, line);
          done++;
        }
      }
      return answers;
    } catch (QTestException e) {
      throw e;
    } catch (IOException e) {
      String waitedFor = done < answers.length ? commands.describe(done) : "an interrupt";
      QTestException told = process.failure("'" + waitedFor + "': " + e.getMessage());
      told.initCause(e);
      throw told;
    }
  }

  private static long answer(Commands commands, int index, String line) throws QTestException {
    if (!line.startsWith(OK)) {
      throw new QTestException("'" + commands.describe(index) + "' was refused: " + line);
    }
    String value = line.substring(OK.length()).strip();
    return value.isEmpty() ? 0 : Hex.parse(value);
  }

  @Override
  public void close() throws IOException {
    try (process;
        socket) {
      ram.close();
    }
  }
}
