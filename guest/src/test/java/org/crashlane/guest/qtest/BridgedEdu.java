// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qtest;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.crashlane.bits.BitField;

/**
 * The {@code edu} device behind a {@link PowerHostBridge}: single words by DMA, through a table of
 * TCEs of the caller's choice.
 */
public final class BridgedEdu {
  private static final int DMA_SOURCE = 0x80;
  private static final int DMA_DESTINATION = 0x88;
  private static final int DMA_COUNT = 0x90;
  private static final int DMA_COMMAND = 0x98;
  private static final BitField RUN = BitField.bit("start transfer", 0);
  private static final BitField TO_MEMORY = BitField.bit("direction: buffer to memory", 1);
  private static final long BUFFER = 0x40000;
  private static final int POLLS = 8;
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final QTest machine;
  private final PowerHostBridge bridge;
  private final long registers;

  public BridgedEdu(QTest machine, PowerHostBridge bridge) {
    this.machine = machine;
    this.bridge = bridge;
    this.registers = bridge.deviceRegisters();
  }

  /**
   * Copies the word at {@code iova} into the device, by the TCE table of {@code tableBytes} at
   * {@code table}, and waits for the end. Whether it was let through is not told.
   */
  public void read(long table, int tableBytes, long iova) throws IOException {
    transfer(table, tableBytes, iova, BUFFER, RUN.of(1));
  }

  /** Copies the word in the device to {@code iova}; otherwise the same. */
  public void write(long table, int tableBytes, long iova) throws IOException {
    transfer(table, tableBytes, BUFFER, iova, RUN.of(1) | TO_MEMORY.of(1));
  }

  private void transfer(long table, int tableBytes, long source, long destination, long command)
      throws IOException {
    Commands commands = new Commands();
    bridge.setTranslation(commands, PowerHostBridge.Tve.of(table, tableBytes));
    commands.writeq(registers + DMA_SOURCE, source);
    commands.writeq(registers + DMA_DESTINATION, destination);
    commands.writeq(registers + DMA_COUNT, Long.BYTES);
    commands.writeq(registers + DMA_COMMAND, command);
    machine.run(commands);
    long end = System.nanoTime() + LIMIT_NANOS;
    while (isRunning()) {
      if (System.nanoTime() - end > 0) {
        throw new QTestException("a transfer of the edu device does not end");
      }
    }
  }

  private boolean isRunning() throws IOException {
    Commands commands = new Commands();
    for (int i = 0; i < POLLS; i++) {
      commands.readq(registers + DMA_COMMAND);
    }
    return RUN.isSet(machine.run(commands)[POLLS - 1]);
  }
}
