// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import static org.crashlane.iommu.AccessKind.ONE_SHOT;
import static org.crashlane.iommu.AccessKind.ONE_TO_CLEAR;
import static org.crashlane.iommu.AccessKind.READ_WRITE;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Register;

/**
 * The GART's registers: configuration space of function 3 of each northbridge (PCI devices 00:18.3
 * to 00:1f.3), 32 bits each. Offsets and fields as in Linux 2.6.27 include/asm-x86/gart.h and 6.0
 * arch/x86/include/asm/gart.h; AMD's BIOS and kernel developer's guide (BKDG) was not at hand.
 * Values are kept in a {@code long}, upper half zero.
 */
public final class Registers {
  /** Aperture control. */
  public static final Register APERTURECTL = ApertureCtl.FIELDS.at(0x90, Integer.BYTES);

  /** Aperture base. */
  public static final Register APERTUREBASE = ApertureBase.FIELDS.at(0x94, Integer.BYTES);

  /** Table base. */
  public static final Register TABLEBASE = TableBase.FIELDS.at(0x98, Integer.BYTES);

  /** Cache control. */
  public static final Register CACHECTL = CacheCtl.FIELDS.at(0x9c, Integer.BYTES);

  /** Aperture control register, F3x90. */
  public static final class ApertureCtl {
    private static final Register.Fields FIELDS = Register.named("APERTURECTL", READ_WRITE);

    /** The aperture is there. */
    public static final BitField GARTEN = FIELDS.bit("GARTEN", 0);

    /** The aperture has 32 MiB, doubled this often; 7 is reserved. */
    public static final BitField SIZE_ORDER = FIELDS.bits("SIZE", 3, 1);

    /** Requests of CPUs are not translated. */
    public static final BitField DISGARTCPU = FIELDS.bit("DISGARTCPU", 4);

    /** Requests of devices are not translated. */
    public static final BitField DISGARTIO = FIELDS.bit("DISGARTIO", 5);

    /** Table walks do not probe the CPUs' caches, so that the table must not be cached. */
    public static final BitField DISTLBWALKPRB = FIELDS.bit("DISTLBWALKPRB", 6);

    private ApertureCtl() {}

    /**
     * {@return {@code control} with the aperture switched on for devices and CPUs, as kernels do
     * it} The size stays.
     */
    public static long enabled(long control) {
      return DISGARTIO.with(DISGARTCPU.with(GARTEN.with(control, 1), 0), 0);
    }
  }

  /** Aperture base register, F3x94. */
  public static final class ApertureBase {
    private static final Register.Fields FIELDS = Register.named("APERTUREBASE", READ_WRITE);

    /** Bits 39:25 of the aperture's first address: its number in units of 32 MiB. */
    public static final BitField APERBASE = FIELDS.bits("APERBASE", 14, 0);

    /** Where those bits are in the address. */
    static final BitField ADDRESS_39_25 = BitField.bits("address 39:25", 39, 25);

    private ApertureBase() {}

    /**
     * {@return the register for an aperture at {@code address}}
     *
     * @param address a multiple of 32 MiB below 2^40
     */
    public static long encode(long address) {
      requireOnly(ADDRESS_39_25, address, "aperture base");
      return APERBASE.of(ADDRESS_39_25.get(address));
    }

    /** {@return the aperture's first address} */
    public static long decode(long register) {
      return ADDRESS_39_25.of(APERBASE.get(register));
    }
  }

  /** Table base register, F3x98. */
  public static final class TableBase {
    private static final Register.Fields FIELDS = Register.named("TABLEBASE", READ_WRITE);

    /** Bits 39:12 of the table's physical address. */
    public static final BitField TBLBASE = FIELDS.bits("TBLBASE", 31, 4);

    private static final BitField ADDRESS_39_12 = BitField.bits("address 39:12", 39, 12);

    private TableBase() {}

    /**
     * {@return the register for a table at {@code address}}
     *
     * @param address a multiple of 4 KiB below 2^40
     */
    public static long encode(long address) {
      requireOnly(ADDRESS_39_12, address, "table base");
      return TBLBASE.of(ADDRESS_39_12.get(address));
    }

    /** {@return the table's physical address} */
    public static long decode(long register) {
      return ADDRESS_39_12.of(TBLBASE.get(register));
    }
  }

  /** Cache control register, F3x9C. */
  public static final class CacheCtl {
    private static final Register.Fields FIELDS = Register.named("CACHECTL", READ_WRITE);

    /** Written as one, all cached entries are dropped; reads as one until that is done. */
    public static final BitField INVGART = FIELDS.bit("INVGART", 0, ONE_SHOT);

    /**
     * A request met an entry that is not valid. That a one clears it is not verified: Linux never
     * writes it.
     */
    public static final BitField GARTPTEERR = FIELDS.bit("GARTPTEERR", 1, ONE_TO_CLEAR);

    private CacheCtl() {}
  }

  private Registers() {}

  private static void requireOnly(BitField bits, long address, String what) {
    if (bits.inPlace(address) != address) {
      throw new IllegalArgumentException(
          "%s %s has bits outside %d:%d".formatted(what, Hex.of(address), bits.high(), bits.low()));
    }
  }
}
