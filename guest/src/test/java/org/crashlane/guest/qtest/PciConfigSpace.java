// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qtest;

import java.io.IOException;
import org.crashlane.bits.BitField;
import org.crashlane.pci.RequesterId;

/** Configuration space of a machine's PCI functions by the two ports of the PC (mechanism #1). */
public final class PciConfigSpace {
  private static final int ADDRESS_PORT = 0xcf8;
  private static final int DATA_PORT = 0xcfc;
  private static final BitField ENABLE = BitField.bit("enable", 31);
  private static final BitField FUNCTION = BitField.bits("bus, device, function", 23, 8);
  private static final BitField DOUBLEWORD = BitField.bits("doubleword", 7, 2);

  private final QTest machine;

  public PciConfigSpace(QTest machine) {
    this.machine = machine;
  }

  /** {@return the 32 bits at {@code offset}, a multiple of 4 below 256} */
  public long read(RequesterId function, int offset) throws IOException {
    Commands commands = new Commands();
    commands.outl(ADDRESS_PORT, address(function, offset));
    int answer = commands.inl(DATA_PORT);
    return machine.run(commands)[answer];
  }

  /** Writes the 32 bits at {@code offset}, a multiple of 4 below 256. */
  public void write(RequesterId function, int offset, long value) throws IOException {
    Commands commands = new Commands();
    commands.outl(ADDRESS_PORT, address(function, offset));
    commands.outl(DATA_PORT, value);
    machine.run(commands);
  }

  private static long address(RequesterId function, int offset) {
    if (offset != DOUBLEWORD.inPlace(offset)) {
      throw new IllegalArgumentException("no doubleword of configuration space: " + offset);
    }
    return ENABLE.of(1) | FUNCTION.of(function.value()) | offset;
  }
}
