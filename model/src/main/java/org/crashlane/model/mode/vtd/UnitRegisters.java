// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.Arrays;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.vtd.FaultRecord;
import org.crashlane.iommu.vtd.Registers.Cap;
import org.crashlane.iommu.vtd.Registers.Ecap;
import org.crashlane.iommu.vtd.Registers.Fectl;
import org.crashlane.model.hardware.Fingerprint;

/** What one unit's registers hold. */
final class UnitRegisters {
  /** Size of the page of registers in bytes. */
  static final int PAGE_BYTES = 4096;

  /** Version 1.0. */
  private static final long VERSION = 0x10;

  private static final UnitRegister[] ALL = UnitRegister.values();
  private static final int NO_REGISTER = -1;
  private static final long LOWER_HALF = BitField.lowMask(Integer.SIZE);

  /** By offset in words of 4 bytes: which register is there. */
  private static final int[] INDEX = new int[PAGE_BYTES / Integer.BYTES];

  static {
    Arrays.fill(INDEX, NO_REGISTER);
    for (int i = 0; i < ALL.length; i++) {
      int word = ALL[i].offset() / Integer.BYTES;
      Arrays.fill(INDEX, word, word + ALL[i].sizeBytes() / Integer.BYTES, i);
    }
  }

  /** Figures of the capability register. */
  private static final class Figure {
    /** 65,536 domains. */
    static final int ND = 6;

    static final int NARROW_BITS = 39;

    /** Three levels. */
    static final int SAGAW_NARROW = 0b010;

    /** Three or four levels. */
    static final int SAGAW_WIDE = 0b110;

    static final int SLLPS_2M_1G = 0b11;

    /** Up to 2^18 pages by one invalidation. */
    static final int MAMV = 18;

    private Figure() {}
  }

  private final long[] values;

  private UnitRegisters(long[] values) {
    this.values = values;
  }

  /** {@return the registers after power-on of a unit with these capabilities} */
  static UnitRegisters of(long cap, long ecap) {
    UnitRegisters registers = new UnitRegisters(new long[ALL.length]);
    registers.set(UnitRegister.VER, VERSION);
    registers.set(UnitRegister.CAP, cap);
    registers.set(UnitRegister.ECAP, ecap);
    registers.set(UnitRegister.FECTL, Fectl.IM.mask());
    return registers;
  }

  /** {@return the capability register of a unit with all else as every unit of the model has it} */
  static long cap(int addressWidth, boolean superpages, boolean cachesAbsent) {
    boolean narrow = addressWidth == Figure.NARROW_BITS;
    return Cap.ND.of(Figure.ND)
        | Cap.CM.of(cachesAbsent ? 1 : 0)
        | Cap.SAGAW.of(narrow ? Figure.SAGAW_NARROW : Figure.SAGAW_WIDE)
        | Cap.MGAW.of(addressWidth - 1)
        | Cap.ZLR.of(1)
        | Cap.FRO.of(UnitRegister.FRCD_LOW.offset() / FaultRecord.BYTES)
        | Cap.SLLPS.of(superpages ? Figure.SLLPS_2M_1G : 0)
        | Cap.PSI.of(1)
        | Cap.MAMV.of(Figure.MAMV);
  }

  /**
   * {@return the extended capability register}
   *
   * @param abortsDma true if RTADDR.TTM may say that all DMA is blocked
   */
  static long ecap(boolean abortsDma) {
    return Ecap.C.of(1)
        | Ecap.PT.of(1)
        | Ecap.IRO.of(UnitRegister.IVA.offset() / FaultRecord.BYTES)
        | Ecap.ADMS.of(abortsDma ? 1 : 0);
  }

  UnitRegisters fork() {
    return new UnitRegisters(values.clone());
  }

  /**
   * Adds what later behaviour depends on. Not the rest: CAP and ECAP do not change, whoever
   * commands an invalidation writes all of CCMD or IOTLB, and a fault record matters by being
   * there.
   */
  void addTo(Fingerprint into) {
    into.add(get(UnitRegister.GSTS));
    into.add(get(UnitRegister.RTADDR));
    into.add(get(UnitRegister.IVA));
    into.add(get(UnitRegister.FSTS));
    into.add(get(UnitRegister.FECTL));
    into.add(FaultRecord.F.isSet(get(UnitRegister.FRCD_HIGH)));
  }

  long get(UnitRegister register) {
    return values[index(register.offset())];
  }

  void set(UnitRegister register, long value) {
    values[index(register.offset())] = value;
  }

  /** {@return true if a register is at {@code offset}, a multiple of 4} */
  static boolean isRegister(int offset) {
    return index(offset) != NO_REGISTER;
  }

  /** {@return true if a register of 8 bytes begins at {@code offset}} */
  static boolean isLong(int offset) {
    return isRegister(offset)
        && at(offset).offset() == offset
        && at(offset).sizeBytes() == Long.BYTES;
  }

  /** {@return the register that {@code offset} is in; only where there is one} */
  static UnitRegister at(int offset) {
    return ALL[index(offset)];
  }

  long read32(int offset) {
    if (!isRegister(offset)) {
      return 0;
    }
    UnitRegister register = at(offset);
    long value = register.read(get(register));
    return offset == register.offset() ? value & LOWER_HALF : value >>> Integer.SIZE;
  }

  long read64(int offset) {
    if (isLong(offset)) {
      return at(offset).read(get(at(offset)));
    }
    return read32(offset + Integer.BYTES) << Integer.SIZE | read32(offset);
  }

  /** {@return the whole value that a write of 32 bits at {@code offset} stands for} */
  long whole(int offset, long value32) {
    UnitRegister register = at(offset);
    long kept = register.kept(get(register));
    return offset == register.offset()
        ? (kept & ~LOWER_HALF) | value32
        : (kept & LOWER_HALF) | value32 << Integer.SIZE;
  }

  private static int index(int offset) {
    return INDEX[offset / Integer.BYTES];
  }
}
