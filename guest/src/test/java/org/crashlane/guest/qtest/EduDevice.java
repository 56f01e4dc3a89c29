// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qtest;

import java.io.IOException;
import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.pci.RequesterId;

/**
 * QEMU's teaching device {@code edu} ({@code docs/specs/edu.txt}): a PCI function that copies
 * between a buffer of 4 KiB of its own and memory, by DMA through the machine's IOMMU.
 *
 * <p>Its transfer runs on a timer of 100 virtual milliseconds, and no command starts another before
 * that; the end is told by an interrupt. QEMU 7.2 aborts when a transfer ends exactly at the end of
 * the buffer, so the last byte is not used here.
 */
public final class EduDevice {
  /** How much of the buffer a transfer may use: offsets below this. */
  public static final int USABLE_BUFFER_BYTES = 4095;

  private static final long VENDOR_AND_DEVICE = 0x11e81234L;
  private static final int BAR0 = 2 * 8;
  private static final int COMMAND = 4;
  private static final BitField MEMORY_SPACE = BitField.bit("Memory Space Enable", 1);
  private static final BitField BUS_MASTER = BitField.bit("Bus Master Enable", 2);

  private static final int DMA_SOURCE = 0x80;
  private static final int DMA_DESTINATION = 0x88;
  private static final int DMA_COUNT = 0x90;
  private static final int DMA_COMMAND = 0x98;
  private static final BitField RUN = BitField.bit("start transfer", 0);
  private static final BitField TO_MEMORY = BitField.bit("direction: buffer to memory", 1);
  private static final BitField INTERRUPT_AT_END = BitField.bit("interrupt at the end", 2);
  private static final int INTERRUPT_ACKNOWLEDGE = 0x64;
  private static final BitField DMA_INTERRUPT = BitField.bit("transfer ended", 8);
  private static final String INTERRUPT_CONTROLLER = "ioapic";
  private static final long BUFFER = 0x40000;

  private final QTest machine;
  private final long registers;

  private EduDevice(QTest machine, long registers) {
    this.machine = machine;
    this.registers = registers;
  }

  /** {@return QEMU arguments for the device at 00:{@code device}.0, able to address all 64 bits} */
  public static List<String> arguments(int device) {
    return List.of("-device", "edu,addr=" + Hex.of(device) + ".0,dma_mask=0xffffffffffffffff");
  }

  /**
   * Puts the device's registers at {@code registers} and lets it do DMA.
   *
   * @throws QTestException if there is another device, or none
   */
  public static EduDevice attach(QTest machine, RequesterId function, long registers)
      throws IOException {
    PciConfigSpace space = new PciConfigSpace(machine);
    long id = space.read(function, 0);
    if (id != VENDOR_AND_DEVICE) {
      throw new QTestException("no edu device at " + function + " but " + Hex.of(id));
    }
    space.write(function, BAR0, registers);
    space.write(function, COMMAND, MEMORY_SPACE.of(1) | BUS_MASTER.of(1));
    machine.interceptInterrupts(INTERRUPT_CONTROLLER);
    return new EduDevice(machine, registers);
  }

  /**
   * Adds the start of a transfer from memory at {@code iova} into the buffer; {@link
   * QTest#runToInterrupt} sees its end, if the interrupt before was acknowledged.
   */
  public void startRead(Commands commands, long iova, int bufferOffset, int length) {
    start(commands, iova, buffer(bufferOffset, length), length, RUN.of(1) | INTERRUPT_AT_END.of(1));
  }

  /** Adds the start of a transfer from the buffer to memory at {@code iova}; otherwise the same. */
  public void startWrite(Commands commands, long iova, int bufferOffset, int length) {
    long command = RUN.of(1) | TO_MEMORY.of(1) | INTERRUPT_AT_END.of(1);
    start(commands, buffer(bufferOffset, length), iova, length, command);
  }

  /** Adds the taking back of the interrupt that the end of the last transfer raised. */
  public void acknowledge(Commands commands) {
    commands.writel(registers + INTERRUPT_ACKNOWLEDGE, DMA_INTERRUPT.of(1));
  }

  /** Copies from memory at {@code iova} into the buffer, and waits for the end. */
  public void read(long iova, int bufferOffset, int length) throws IOException {
    Commands commands = new Commands();
    acknowledge(commands);
    startRead(commands, iova, bufferOffset, length);
    machine.runToInterrupt(commands);
  }

  /** Copies from the buffer to memory at {@code iova}, and waits for the end. */
  public void write(long iova, int bufferOffset, int length) throws IOException {
    Commands commands = new Commands();
    acknowledge(commands);
    startWrite(commands, iova, bufferOffset, length);
    machine.runToInterrupt(commands);
  }

  private void start(Commands commands, long source, long destination, int length, long command) {
    commands.writeq(registers + DMA_SOURCE, source);
    commands.writeq(registers + DMA_DESTINATION, destination);
    commands.writeq(registers + DMA_COUNT, length);
    commands.writeq(registers + DMA_COMMAND, command);
  }

  private static long buffer(int offset, int length) {
    if (offset < 0 || length <= 0 || offset > USABLE_BUFFER_BYTES - length) {
      throw new IllegalArgumentException(
          "transfer of " + length + " bytes at " + offset + " of the edu device's buffer");
    }
    return BUFFER + offset;
  }
}
