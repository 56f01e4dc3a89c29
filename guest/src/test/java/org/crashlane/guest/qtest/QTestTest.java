// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qtest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.guest.oracle.Qemu;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("qemu")
class QTestTest {
  private static final long RAM_BYTES = 16 << 20;
  private static final long EDU_REGISTERS = 0xe0000000L;
  private static final RequesterId EDU = RequesterId.of(0, 4, 0);

  @BeforeAll
  static void needsQemu() {
    Qemu.assumeInstalled();
  }

  @Test
  void wordWrittenToSharedMemoryIsReadByCommand() throws IOException {
    try (QTest machine = QTest.start(QTestConfig.q35(RAM_BYTES, List.of()))) {
      machine.ram().writeLong(0x200000, 0x0123456789abcdefL);
      Commands commands = new Commands();
      int word = commands.readq(0x200000);
      int half = commands.readl(0x200004);
      commands.writeq(0x200008, -1L);
      long[] answers = machine.run(commands);
      assertEquals(0x0123456789abcdefL, answers[word]);
      assertEquals(0x01234567L, answers[half]);
      assertEquals(-1L, machine.ram().readLong(0x200008));
    }
  }

  @Test
  void thousandsOfCommandsInOneExchangeAreAnsweredInOrder() throws IOException {
    try (QTest machine = QTest.start(QTestConfig.q35(RAM_BYTES, List.of()))) {
      Commands commands = new Commands();
      for (int i = 0; i < 5000; i++) {
        commands.writeq(0x200000, i);
        commands.readq(0x200000);
      }
      long[] answers = machine.run(commands);
      for (int i = 0; i < 5000; i++) {
        assertEquals(i, answers[2 * i + 1]);
      }
    }
  }

  @Test
  void nothingIsLeftWhileItRunsNorAfterwards() throws IOException {
    Set<Path> before = leftovers();
    ProcessHandle process;
    try (QTest machine = QTest.start(QTestConfig.q35(RAM_BYTES, List.of()))) {
      process = machine.process();
      assertTrue(process.isAlive());
      assertEquals(before, leftovers());
    }
    assertFalse(process.isAlive());
  }

  @Test
  void jvmThatEndsTakesItsQemuWithIt() throws Exception {
    Set<Path> before = leftovers();
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path")
                    + File.pathSeparator
                    + System.getProperty("jdk.module.path", ""),
                EndsWithoutClosing.class.getName())
            .redirectErrorStream(true)
            .start();
    String said = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, jvm.waitFor(), said);
    Optional<ProcessHandle> qemu = ProcessHandle.of(Long.parseLong(said.strip()));
    if (qemu.isPresent()) {
      qemu.get().onExit().get(10, TimeUnit.SECONDS);
    }
    assertEquals(before, leftovers());
  }

  /** A program that leaves its machine open. */
  static final class EndsWithoutClosing {
    private EndsWithoutClosing() {}

    @SuppressWarnings("MustBeClosedChecker") // that it is left open is the point
    public static void main(String[] arguments) throws IOException {
      QTest machine = QTest.start(QTestConfig.q35(RAM_BYTES, List.of()));
      System.out.println(machine.process().pid());
      System.exit(0);
    }
  }

  @Test
  void qemuThatRefusesItsArgumentsIsQuoted() throws IOException {
    Set<Path> before = leftovers();
    QTestConfig config = QTestConfig.q35(RAM_BYTES, List.of("-device", "no-such-device"));
    QTestException e = assertThrows(QTestException.class, () -> QTest.start(config));
    assertTrue(e.getMessage().contains("no-such-device"), e::getMessage);
    assertEquals(before, leftovers());
  }

  @Test
  void programThatIsNotThereIsNamed() {
    QTestConfig config = withProgram("no-such-qemu", Duration.ofSeconds(5));
    IOException e = assertThrows(IOException.class, () -> QTest.start(config));
    assertTrue(e.getMessage().contains("no-such-qemu"), e::getMessage);
  }

  @Test
  void programThatNeverConnectsIsGivenUp() throws IOException {
    Set<Path> before = leftovers();
    QTestConfig config = withProgram("/bin/true", Duration.ofSeconds(5));
    QTestException e = assertThrows(QTestException.class, () -> QTest.start(config));
    assertTrue(e.getMessage().contains("did not connect"), e::getMessage);
    assertEquals(before, leftovers());
  }

  @Test
  void interruptThatNeverComesIsGivenUp() throws IOException {
    QTestConfig usual = QTestConfig.q35(RAM_BYTES, List.of());
    QTestConfig impatient =
        new QTestConfig(
            Board.PC,
            usual.program(),
            usual.machine(),
            usual.devices(),
            usual.ramBytes(),
            usual.startLimit(),
            Duration.ofMillis(200),
            usual.stopLimit());
    try (QTest machine = QTest.start(impatient)) {
      Commands commands = new Commands();
      commands.readl(0);
      QTestException e = assertThrows(QTestException.class, () -> machine.runToInterrupt(commands));
      assertTrue(e.getMessage().contains("no answer in time"), e::getMessage);
    }
  }

  @Test
  void commandToQemuThatWasKilledFailsAndSaysSo() throws IOException {
    try (QTest machine = QTest.start(QTestConfig.q35(RAM_BYTES, List.of()))) {
      machine.process().destroyForcibly();
      machine.process().onExit().join();
      Commands commands = new Commands();
      commands.readl(0);
      QTestException e = assertThrows(QTestException.class, () -> machine.run(commands));
      assertTrue(e.getMessage().contains("readl 0x0"), e::getMessage);
    }
  }

  @Test
  void commandThatIsRefusedIsNamed() throws IOException {
    try (QTest machine = QTest.start(QTestConfig.q35(RAM_BYTES, List.of()))) {
      QTestException e =
          assertThrows(QTestException.class, () -> machine.interceptInterrupts("no-such-thing"));
      assertTrue(e.getMessage().contains("no-such-thing"), e::getMessage);
    }
  }

  @Test
  void eduDeviceCopiesFromMemoryAndBack() throws IOException {
    try (QTest machine = QTest.start(QTestConfig.q35(RAM_BYTES, EduDevice.arguments(4)))) {
      EduDevice edu = EduDevice.attach(machine, EDU, EDU_REGISTERS);
      machine.ram().writeLong(0x300000, 42);
      edu.read(0x300000, 16, Long.BYTES);
      edu.write(0x400000, 16, Long.BYTES);
      assertEquals(42, machine.ram().readLong(0x400000));
    }
  }

  @Test
  void transferToTheEndOfTheEduBufferIsRefusedBeforeQemuAborts() throws IOException {
    try (QTest machine = QTest.start(QTestConfig.q35(RAM_BYTES, EduDevice.arguments(4)))) {
      EduDevice edu = EduDevice.attach(machine, EDU, EDU_REGISTERS);
      assertThrows(IllegalArgumentException.class, () -> edu.read(0x300000, 4088, Long.BYTES));
      edu.read(0x300000, 4087, Long.BYTES);
    }
  }

  @Test
  void deviceThatIsNotThereIsNamed() throws IOException {
    try (QTest machine = QTest.start(QTestConfig.q35(RAM_BYTES, List.of()))) {
      QTestException e =
          assertThrows(QTestException.class, () -> EduDevice.attach(machine, EDU, EDU_REGISTERS));
      assertTrue(e.getMessage().contains("00:04.0"), e::getMessage);
    }
  }

  private static QTestConfig withProgram(String program, Duration startLimit) {
    QTestConfig usual = QTestConfig.q35(RAM_BYTES, List.of());
    return new QTestConfig(
        Board.PC,
        program,
        usual.machine(),
        usual.devices(),
        usual.ramBytes(),
        startLimit,
        usual.replyLimit(),
        usual.stopLimit());
  }

  private static Set<Path> leftovers() throws IOException {
    try (Stream<Path> memory = Files.list(Path.of("/dev/shm"));
        Stream<Path> temporary = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return Stream.concat(memory, temporary)
          .filter(path -> path.getFileName().toString().startsWith("crashlane-qtest-"))
          .collect(Collectors.toSet());
    }
  }
}
