// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qtest;

import java.io.IOException;
import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;

/**
 * QEMU's model of the POWER9 PCI host bridge (PHB4), with an {@code edu} device behind it, set up
 * as firmware would: QEMU 7.2 hw/pci-host/pnv_phb4.c and include/hw/pci-host/pnv_phb4_regs.h.
 *
 * <p>Its translation tables (TVEs) point to TCE tables of the very format that IBM's Calgary walks.
 */
public final class PowerHostBridge {
  /** QEMU arguments for the device. */
  public static final List<String> EDU =
      List.of("-device", "edu,bus=pcie.0,addr=0x0,dma_mask=0xffffffffffffffff");

  /** Where its registers are once the address registers below are set. */
  private static final long REGISTERS = 0x600c3c0000000L;

  private static final long MMIO = 0x600c000000000L;

  private static final long XSCOM = 0x603fc00000000L;
  private static final long NEST_ADDRESS_REGISTERS = 0x4010c4eL;

  /** MMIO BAR 0 and its mask, MMIO BAR 1 and its mask, PHB BAR, interrupt BAR, and their enable. */
  private static final long[] NEST_ADDRESSES = {
    0x0600000000000000L,
    0xffffc00000000000L,
    0x0600c00000000000L,
    0xffffff8000000000L,
    0x0600c3c000000000L,
    0x0600c30000000000L,
    0xf000000000000000L
  };

  private static final long CONFIG_DATA = REGISTERS + 0x130;
  private static final long CONFIG_ADDRESS = REGISTERS + 0x140;
  private static final BitField CONFIG_ENABLE = BitField.bit("enable", 63);
  private static final BitField CONFIG_BUS = BitField.bits("bus", 59, 52);
  private static final BitField CONFIG_REGISTER = BitField.bits("register", 43, 32);

  private static final long PHB_CONTROL = REGISTERS + 0x160;
  private static final long RTT_ADDRESS = REGISTERS + 0x168;
  private static final BitField RTT_ENABLE = BitField.bit("RTT enable", 63);
  private static final long AIB_FENCE = REGISTERS + 0x1a0;
  private static final long AIB_FENCE_VALUE = 0x80000000L;

  private static final long IODA_ADDRESS = REGISTERS + 0x220;
  private static final long IODA_DATA = REGISTERS + 0x228;
  private static final BitField IODA_AUTO_INCREMENT = BitField.bit("auto-increment", 63);
  private static final BitField IODA_TABLE = BitField.bits("table select", 52, 48);
  private static final int IODA_TVT = 9;
  private static final int IODA_MBT = 16;
  private static final long[] FIRST_MEMORY_WINDOW = {0xd00600c000000000L, 0x80ffffff80000000L};

  private static final long ROOT_PORT_CONFIG = REGISTERS + 0x1000;
  private static final int BUS_NUMBERS = 0x18;
  private static final long BUS_1_BEHIND_BUS_0 = 0x00010100;
  private static final int COMMAND = 4;
  private static final long MEMORY_AND_MASTER = 6;
  private static final int BAR_0 = 2 * 8;
  private static final long EDU_BAR = 0x80000000L;
  private static final long EDU_ID = 0x010000edL;

  /** Requester 01:00.0 has this index, in entries of 2 bytes. */
  private static final int EDU_REQUESTER = 0x100;

  /** Partitionable endpoint that the device is made. Each has two TVEs. */
  private static final int ENDPOINT = 5;

  private final QTest machine;

  private PowerHostBridge(QTest machine) {
    this.machine = machine;
  }

  /**
   * Sets the bridge and the device up.
   *
   * @param requesterTable 128 KiB of memory that is zero, for the bridge's own use, at a multiple
   *     of that
   * @throws QTestException if there is another device, or none
   */
  public static PowerHostBridge attach(QTest machine, long requesterTable) throws IOException {
    PowerHostBridge bridge = new PowerHostBridge(machine);
    bridge.placeRegisters();
    bridge.makeEndpoint(requesterTable);
    bridge.enableDevice();
    return bridge;
  }

  private void placeRegisters() throws IOException {
    Commands commands = new Commands();
    for (int i = 0; i < NEST_ADDRESSES.length; i++) {
      commands.writeq(XSCOM + (NEST_ADDRESS_REGISTERS + i) * Long.BYTES, NEST_ADDRESSES[i]);
    }
    machine.run(commands);
  }

  private void makeEndpoint(long requesterTable) throws IOException {
    long entry = requesterTable + EDU_REQUESTER * Short.BYTES;
    machine.ram().writeLong(entry, Short.reverseBytes((short) ENDPOINT));
    Commands commands = new Commands();
    commands.writeq(AIB_FENCE, AIB_FENCE_VALUE);
    commands.writeq(PHB_CONTROL, 0);
    commands.writeq(RTT_ADDRESS, RTT_ENABLE.of(1) | requesterTable);
    commands.writeq(IODA_ADDRESS, IODA_AUTO_INCREMENT.of(1) | IODA_TABLE.of(IODA_MBT));
    for (long word : FIRST_MEMORY_WINDOW) {
      commands.writeq(IODA_DATA, word);
    }
    machine.run(commands);
  }

  private void enableDevice() throws IOException {
    Commands commands = new Commands();
    commands.writel(ROOT_PORT_CONFIG + BUS_NUMBERS, swapped(BUS_1_BEHIND_BUS_0));
    commands.writel(ROOT_PORT_CONFIG + COMMAND, swapped(MEMORY_AND_MASTER));
    configWrite(commands, BAR_0, EDU_BAR);
    configWrite(commands, COMMAND, MEMORY_AND_MASTER);
    int id = commands.readl(MMIO);
    long found = machine.run(commands)[id];
    if (found != EDU_ID) {
      throw new QTestException("no edu device behind the host bridge but " + Hex.of(found));
    }
  }

  private static void configWrite(Commands commands, int register, long value) {
    commands.writeq(
        CONFIG_ADDRESS, CONFIG_ENABLE.of(1) | CONFIG_BUS.of(1) | CONFIG_REGISTER.of(register));
    commands.writel(CONFIG_DATA, swapped(value));
  }

  /** Config space is little-endian, and the machine big-endian. */
  private static long swapped(long value) {
    return Integer.toUnsignedLong(Integer.reverseBytes((int) value));
  }

  /** {@return where the device's registers are} */
  long deviceRegisters() {
    return MMIO;
  }

  /** Adds the setting of the TVE that the device's requests below 2^59 go through. */
  void setTranslation(Commands commands, long tve) {
    commands.writeq(IODA_ADDRESS, IODA_TABLE.of(IODA_TVT) | (2 * ENDPOINT));
    commands.writeq(IODA_DATA, tve);
  }

  /** Translation validation entry: leads to a table of TCEs of one level, for pages of 4 KiB. */
  static final class Tve {
    private static final BitField TABLE_PAGE = BitField.bits("TTA, in pages of 4 KiB", 63, 16);
    private static final BitField TABLE_SIZE = BitField.bits("TCE table size", 12, 8);
    private static final BitField IO_PAGE_SIZE = BitField.bits("IO_PSIZE", 4, 0);
    private static final int PAGES_OF_4_KIB = 1;
    private static final int PAGE_SHIFT = 12;

    /** A table has 2 to the power of this and of its size code bytes. */
    private static final int SMALLEST_TABLE_SHIFT = 11;

    private Tve() {}

    /** {@return an entry that leads to the table of {@code bytes}, a power of two from 4 KiB} */
    static long of(long table, int bytes) {
      int size = Integer.numberOfTrailingZeros(bytes) - SMALLEST_TABLE_SHIFT;
      return TABLE_PAGE.of(table >>> PAGE_SHIFT)
          | TABLE_SIZE.of(size)
          | IO_PAGE_SIZE.of(PAGES_OF_4_KIB);
    }
  }
}
