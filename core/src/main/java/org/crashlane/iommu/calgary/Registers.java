// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;
import org.crashlane.iommu.RegisterFile;

/**
 * Where the registers of a chip are, from its base address (BBAR, a window of 1 MiB), and what is
 * in them (Linux 2.6.27 arch/x86/kernel/pci-calgary_64.c). All are big-endian; a {@link
 * RegisterFile} has them as an x86 processor reads them, and the methods here turn them round.
 */
public final class Registers {
  private static final int TAR_0 = 0x580;
  private static final int PHB_0 = 0x8000;
  private static final int SPLIT_QUEUE_0 = 0x4870;
  private static final int PHB_STRIDE = 0x1000;

  /** Size of the window that holds them, in bytes. */
  public static final int WINDOW_BYTES = 0x10_0000;

  /** What the low byte of a PHB's split queue status is when no request is under way. */
  public static final BitField SPLIT_QUEUE_DRAINED = BitField.bits("drained", 7, 0);

  private Registers() {}

  /**
   * {@return the offset of a PHB's {@link Tar}}
   *
   * @param phb 0 to 3
   */
  public static int tar(int phb) {
    return TAR_0 + requirePhb(phb) * Long.BYTES;
  }

  /**
   * {@return the offset of a PHB's register}
   *
   * @param phb 0 to 3
   */
  public static int of(int phb, PhbRegister register) {
    return phb(phb) + register.offset();
  }

  /**
   * {@return the offset of a PHB's first register}
   *
   * @param phb 0 to 3
   */
  public static int phb(int phb) {
    return PHB_0 + requirePhb(phb) * PHB_STRIDE;
  }

  /**
   * {@return the four bytes of {@code value} turned round: a register's bits in place for what a
   * processor reads, and what it writes for bits in place}
   */
  public static long turned32(long value) {
    return Integer.toUnsignedLong(Integer.reverseBytes((int) value));
  }

  /** {@return the eight bytes of {@code value} turned round, as {@link #turned32}} */
  public static long turned64(long value) {
    return Long.reverseBytes(value);
  }

  /**
   * {@return the offset of a PHB's split queue status, which tells when its requests are done}
   *
   * @param phb 0 to 3
   */
  public static int splitQueue(int phb) {
    return SPLIT_QUEUE_0 + requirePhb(phb) * PHB_STRIDE;
  }

  /** {@return the 32 bits of the register at {@code offset}, bits in place, unsigned} */
  public static long read32(RegisterFile registers, int offset) {
    return turned32(registers.read32(offset));
  }

  /** {@return the 64 bits of the register at {@code offset}, bits in place} */
  public static long read64(RegisterFile registers, int offset) {
    return turned64(registers.read64(offset));
  }

  private static int requirePhb(int phb) {
    if (phb < 0 || phb >= Chip.PHB_COUNT) {
      throw new IllegalArgumentException("a chip has no PHB " + phb);
    }
    return phb;
  }

  /** Channel status register. Single error bits are not known; Linux asks whether any is set. */
  public static final class Csr {
    private static final Layout.Fields FIELDS = Layout.named("CSR");

    public static final BitField ERROR_15_0 = FIELDS.bits("ERROR_15_0", 15, 0);

    /** Who caused the error; says nothing while there is none. */
    public static final BitField AGENT_ID = FIELDS.bits("AGENT_ID", 20, 16);

    public static final BitField ERROR_31_21 = FIELDS.bits("ERROR_31_21", 31, 21);

    /** The register. */
    public static final Layout LAYOUT = FIELDS.layout();

    private Csr() {}

    /** {@return true if {@code csr} tells of an error} */
    public static boolean hasError(long csr) {
      return ERROR_31_21.isSet(csr) || ERROR_15_0.isSet(csr);
    }
  }

  /** Configuration register of a PHB. */
  public static final class ConfigRw {
    private static final Layout.Fields FIELDS = Layout.named("CONFIG_RW");

    public static final BitField MCSR_ENABLE = FIELDS.bit("MCSR_ENABLE", 20);

    /** The window MEM_2 is in use. */
    public static final BitField MEM2_ENABLE = FIELDS.bit("MEM2_ENABLE", 22);

    /** No dual address cycles: no IOVAs from 4 GiB up. */
    public static final BitField DAC_DISABLE = FIELDS.bit("DAC_DISABLE", 24);

    /** Slots switched off. Linux sets all three bits when there was an error. */
    public static final BitField SLOT_DISABLE = FIELDS.bits("SLOT_DISABLE", 28, 26);

    /** Requests are translated. */
    public static final BitField TCE_ENABLE = FIELDS.bit("TCE_ENABLE", 29);

    /** The register. */
    public static final Layout LAYOUT = FIELDS.layout();

    private ConfigRw() {}

    /** {@return {@code configRw} with translation on, as Linux switches it on} */
    public static long enabling(long configRw) {
      return configRw | TCE_ENABLE.mask() | DAC_DISABLE.mask() | MCSR_ENABLE.mask();
    }

    /** {@return {@code configRw} with translation off, all else as it is} */
    public static long disabling(long configRw) {
      return TCE_ENABLE.with(configRw, 0);
    }

    /** {@return {@code configRw} with every slot on} */
    public static long enablingSlots(long configRw) {
      return SLOT_DISABLE.with(configRw, 0);
    }

    /** {@return true if no slot is on} */
    public static boolean allSlotsDisabled(long configRw) {
      return SLOT_DISABLE.inPlace(configRw) == SLOT_DISABLE.mask();
    }

    /** {@return {@code configRw} with every slot off, as Linux leaves a PHB after an error} */
    public static long disablingSlots(long configRw) {
      return configRw | SLOT_DISABLE.mask();
    }
  }

  /** Page migration control register of CalIOC2. */
  public static final class PageMigCtrl {
    private static final Layout.Fields FIELDS = Layout.named("PAGE_MIG_CTRL");

    public static final BitField HARDSTOP = FIELDS.bit("HARDSTOP", 29);
    public static final BitField SOFTSTOPFAULT = FIELDS.bit("SOFTSTOPFAULT", 30);
    public static final BitField SOFTSTOP = FIELDS.bit("SOFTSTOP", 31);

    /** The register. */
    public static final Layout LAYOUT = FIELDS.layout();

    private PageMigCtrl() {}
  }
}
