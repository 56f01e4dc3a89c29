// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qtest;

import java.time.Duration;
import java.util.List;

/**
 * A machine to drive, and how long each thing may take.
 *
 * @param board what kind of machine it is
 * @param program the QEMU to run: a path, or a name to be found in the search path
 * @param machine its {@code -machine}
 * @param devices further arguments, as QEMU takes them
 * @param ramBytes guest memory, a multiple of 1 MiB
 * @param startLimit from the start of the process to its first answer
 * @param replyLimit for the answers to one list of commands
 * @param stopLimit for the process to end when asked, before it is killed
 */
public record QTestConfig(
    Board board,
    String program,
    String machine,
    List<String> devices,
    long ramBytes,
    Duration startLimit,
    Duration replyLimit,
    Duration stopLimit) {
  private static final long MEBIBYTE = 1 << 20;
  private static final Duration START_LIMIT = Duration.ofSeconds(20);
  private static final Duration REPLY_LIMIT = Duration.ofSeconds(20);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

  public QTestConfig {
    devices = List.copyOf(devices);
    if (ramBytes <= 0 || ramBytes % MEBIBYTE != 0) {
      throw new IllegalArgumentException("guest memory of " + ramBytes + " bytes");
    }
  }

  /**
   * {@return a q35 machine on {@code qemu-system-x86_64} with usual limits, without timers that
   * would tick on their own}
   */
  public static QTestConfig q35(long ramBytes, List<String> devices) {
    return new QTestConfig(
        Board.PC,
        "qemu-system-x86_64",
        "q35,pit=off,hpet=off",
        devices,
        ramBytes,
        START_LIMIT,
        REPLY_LIMIT,
        STOP_LIMIT);
  }

  /** {@return the same on another QEMU} */
  public QTestConfig with(String otherProgram) {
    return new QTestConfig(
        board, otherProgram, machine, devices, ramBytes, startLimit, replyLimit, stopLimit);
  }

  /** {@return a POWER9 machine on {@code qemu-system-ppc64} with usual limits} */
  public static QTestConfig powernv9(long ramBytes, List<String> devices) {
    return new QTestConfig(
        Board.POWERNV,
        "qemu-system-ppc64",
        "powernv9",
        devices,
        ramBytes,
        START_LIMIT,
        REPLY_LIMIT,
        STOP_LIMIT);
  }

  /** {@return guest memory in MiB} */
  long ramMebibytes() {
    return ramBytes / MEBIBYTE;
  }
}
