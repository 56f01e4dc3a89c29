// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import java.util.Arrays;
import java.util.Optional;

/**
 * The registers that each PHB has, 32 bits each, big-endian on the bus, with what the Linux driver
 * does with them (2.6.27 arch/x86/kernel/pci-calgary_64.c; names as there). IBM's manual was not at
 * hand: what the hardware itself allows is not known, so {@link Use} replaces an access kind.
 */
public enum PhbRegister {
  /** Channel status: errors, and who caused them. */
  CSR(0x110, Use.WRITTEN),
  /** Printed beside CSR; read to be sure that a write got there. */
  PLSSR(0x120, Use.READ),
  /** Switches translation on and slots off. */
  CONFIG_RW(0x160, Use.WRITTEN),
  IOBASE_BAR_LOW(0x170, Use.NAMED),
  IOBASE_BAR_HIGH(0x180, Use.NAMED),
  MEM_1_LOW(0x190, Use.READ),
  MEM_1_HIGH(0x1a0, Use.READ),
  IO_ADDR_SIZE(0x1b0, Use.NAMED),
  /** Called a size, used as the last address. */
  MEM_1_SIZE(0x1c0, Use.READ),
  MEM_ST(0x1d0, Use.NAMED),
  /** Arbiter enable: zero while the TCE cache is emptied. */
  AER(0x200, Use.WRITTEN),
  CONFIG_0_HIGH(0x220, Use.NAMED),
  CONFIG_0_LOW(0x230, Use.NAMED),
  CONFIG_0_END(0x240, Use.NAMED),
  /** CalIOC2 only. */
  CSMR(0x290, Use.READ),
  MEM_2_LOW(0x2b0, Use.READ),
  MEM_2_HIGH(0x2c0, Use.READ),
  /** Called a size, used as the last address, high half. */
  MEM_2_SIZE_HIGH(0x2d0, Use.READ),
  /** Low half. */
  MEM_2_SIZE_LOW(0x2e0, Use.READ),
  /** CalIOC2 only. */
  MCK(0x800, Use.READ),
  DOSHOLE(0x8e0, Use.NAMED),
  /** Stops the bus while the TCE cache is emptied; CalIOC2 only. */
  PAGE_MIG_CTRL(0xda8, Use.WRITTEN);

  /** What the Linux driver does with a register. */
  public enum Use {
    /** Reads and writes it. */
    WRITTEN,
    /** Only reads it. */
    READ,
    /** Only has a name for it. */
    NAMED
  }

  private final int offset;
  private final Use use;

  PhbRegister(int offset, Use use) {
    this.offset = offset;
    this.use = use;
  }

  /** {@return the register at {@code offset} from the PHB's first, if one is known} */
  public static Optional<PhbRegister> at(int offset) {
    return Arrays.stream(values()).filter(register -> register.offset == offset).findFirst();
  }

  /** {@return its offset from the PHB's first register, in bytes} */
  public int offset() {
    return offset;
  }

  /** {@return what the Linux driver does with it} */
  public Use use() {
    return use;
  }
}
