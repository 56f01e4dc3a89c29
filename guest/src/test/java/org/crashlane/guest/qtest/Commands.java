// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qtest;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.crashlane.bits.Hex;

/**
 * A list of qtest commands that go to QEMU in one piece: one exchange for many accesses, which is
 * where the time goes. Each method returns the place of its answer in what {@link QTest#run} gives.
 */
public final class Commands {
  private static final int INITIAL_BYTES = 1024;

  private byte[] text;
  private int length;
  private int count;

  /** An empty list. */
  public Commands() {
    text = new byte[INITIAL_BYTES];
  }

  /** Reads 32 bits of memory or of a device. */
  public int readl(long address) {
    return add("readl " + Hex.of(address));
  }

  /** Reads 64 bits of memory or of a device. */
  public int readq(long address) {
    return add("readq " + Hex.of(address));
  }

  /** Writes 32 bits; answers 0. */
  public int writel(long address, long value) {
    return add("writel " + Hex.of(address) + " " + Hex.of(value));
  }

  /** Writes 64 bits; answers 0. */
  public int writeq(long address, long value) {
    return add("writeq " + Hex.of(address) + " " + Hex.of(value));
  }

  /** Reads 32 bits from an I/O port. */
  public int inl(int port) {
    return add("inl " + Hex.of(port));
  }

  /** Writes 32 bits to an I/O port; answers 0. */
  public int outl(int port, long value) {
    return add("outl " + Hex.of(port) + " " + Hex.of(value));
  }

  /** Has interrupts that reach {@code controller} told on the socket; answers 0. */
  int interceptInterrupts(String controller) {
    return add("irq_intercept_in " + controller);
  }

  /** {@return how many commands there are} */
  public int count() {
    return count;
  }

  /** Takes all commands out, so that the list can be used again. */
  public void clear() {
    length = 0;
    count = 0;
  }

  /** {@return a view of the bytes to send} */
  ByteBuffer bytes() {
    return ByteBuffer.wrap(text, 0, length);
  }

  /** {@return the {@code index}-th command, for messages} */
  String describe(int index) {
    return new String(text, 0, length, StandardCharsets.US_ASCII).split("\n", -1)[index];
  }

  private int add(String command) {
    byte[] line = (command + "\n").getBytes(StandardCharsets.US_ASCII);
    if (length + line.length > text.length) {
      text = Arrays.copyOf(text, 2 * (length + line.length));
    }
    System.arraycopy(line, 0, text, length, line.length);
    length += line.length;
    return count++;
  }
}
