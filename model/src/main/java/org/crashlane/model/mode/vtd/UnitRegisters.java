// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.Arrays;
import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.vtd.FaultRecord;
import org.crashlane.iommu.vtd.InvalidationRegisters;
import org.crashlane.iommu.vtd.InvalidationRegisters.Ccmd;
import org.crashlane.iommu.vtd.InvalidationRegisters.Iotlb;
import org.crashlane.iommu.vtd.InvalidationRegisters.Iva;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.Registers.Cap;
import org.crashlane.iommu.vtd.Registers.Ecap;
import org.crashlane.iommu.vtd.Registers.Fsts;
import org.crashlane.iommu.vtd.Registers.Gsts;
import org.crashlane.iommu.vtd.Registers.Rtaddr;

/**
 * The registers of a unit, as data: what there is, where, and what writes do. What is not listed
 * (protected memory, invalidation queue, interrupt remapping) the unit does not have: it reads as
 * zero, and CAP and ECAP say so. Places of the IOTLB and fault recording registers are QEMU's.
 */
final class UnitRegisters {
  /** Size of the page of registers in bytes. */
  static final int PAGE_BYTES = 4096;

  static final int IVA_OFFSET = 0xf0;
  static final int IOTLB_OFFSET = IVA_OFFSET + InvalidationRegisters.IOTLB_FROM_IVA_BYTES;
  static final int FRCD_OFFSET = 0x220;

  static final RegisterSpec VER = RegisterSpec.readOnly("VER", Registers.VER, Integer.BYTES);
  static final RegisterSpec CAP = RegisterSpec.readOnly("CAP", Registers.CAP, Long.BYTES);
  static final RegisterSpec ECAP = RegisterSpec.readOnly("ECAP", Registers.ECAP, Long.BYTES);

  /** The command bits stand where the status bits do. */
  static final RegisterSpec GCMD =
      RegisterSpec.readOnly("GCMD", Registers.GCMD, Integer.BYTES)
          .with(AccessKind.WRITE_ONLY, Gsts.TES)
          .with(AccessKind.ONE_SHOT, Gsts.RTPS, Gsts.WBFS);

  static final RegisterSpec GSTS = RegisterSpec.readOnly("GSTS", Registers.GSTS, Integer.BYTES);
  static final RegisterSpec RTADDR =
      RegisterSpec.readOnly("RTADDR", Registers.RTADDR, Long.BYTES)
          .with(AccessKind.READ_WRITE, Rtaddr.TTM, Rtaddr.RTA);
  static final RegisterSpec CCMD =
      RegisterSpec.readOnly("CCMD", Registers.CCMD, Long.BYTES)
          .with(AccessKind.READ_WRITE, Ccmd.DID, Ccmd.CIRG)
          .with(AccessKind.WRITE_ONLY, Ccmd.SID, Ccmd.FM)
          .with(AccessKind.ONE_SHOT, Ccmd.ICC);
  static final RegisterSpec FSTS =
      RegisterSpec.readOnly("FSTS", Registers.FSTS, Integer.BYTES)
          .with(AccessKind.ONE_TO_CLEAR, Fsts.PFO);
  static final RegisterSpec FECTL =
      RegisterSpec.readOnly("FECTL", Registers.FECTL, Integer.BYTES)
          .with(AccessKind.READ_WRITE, Registers.Fectl.IM);
  static final RegisterSpec IVA =
      RegisterSpec.readOnly("IVA", IVA_OFFSET, Long.BYTES)
          .with(AccessKind.WRITE_ONLY, Iva.AM, Iva.IH, Iva.ADDR);
  static final RegisterSpec IOTLB =
      RegisterSpec.readOnly("IOTLB", IOTLB_OFFSET, Long.BYTES)
          .with(AccessKind.READ_WRITE, Iotlb.DID, Iotlb.DW, Iotlb.DR, Iotlb.IIRG)
          .with(AccessKind.ONE_SHOT, Iotlb.IVT);
  static final RegisterSpec FRCD_LOW =
      RegisterSpec.readOnly("FRCD, low word", FRCD_OFFSET, Long.BYTES);
  static final RegisterSpec FRCD_HIGH =
      RegisterSpec.readOnly("FRCD, high word", FRCD_OFFSET + Long.BYTES, Long.BYTES)
          .with(AccessKind.ONE_TO_CLEAR, FaultRecord.F);

  /** All there is, in the order of their offsets. */
  static final List<RegisterSpec> ALL =
      List.of(
          VER, CAP, ECAP, GCMD, GSTS, RTADDR, CCMD, FSTS, FECTL, IVA, IOTLB, FRCD_LOW, FRCD_HIGH);

  private static final int NO_REGISTER = -1;
  private static final int[] INDEX = new int[PAGE_BYTES / Integer.BYTES];

  static {
    Arrays.fill(INDEX, NO_REGISTER);
    for (int i = 0; i < ALL.size(); i++) {
      RegisterSpec spec = ALL.get(i);
      int word = spec.offset() / Integer.BYTES;
      Arrays.fill(INDEX, word, word + spec.sizeBytes() / Integer.BYTES, i);
    }
  }

  private static final long UPPER_HALF = BitField.bits("upper half", 63, 32).mask();

  /** What each register holds, by its place in {@link #ALL}. */
  private final long[] values;

  private UnitRegisters(long[] values) {
    this.values = values;
  }

  /** {@return the registers after power-on of a unit with these capabilities} */
  static UnitRegisters of(long ver, long cap, long ecap) {
    UnitRegisters registers = new UnitRegisters(new long[ALL.size()]);
    registers.set(VER, ver);
    registers.set(CAP, cap);
    registers.set(ECAP, ecap);
    registers.set(FECTL, Registers.Fectl.IM.mask());
    return registers;
  }

  /** {@return the capability register of a unit with all else as every unit of the model has it} */
  static long cap(int addressWidth, boolean superpages, boolean cachesAbsent) {
    return Cap.ND.of(Size.ND)
        | Cap.CM.of(cachesAbsent ? 1 : 0)
        | Cap.SAGAW.of(addressWidth == Size.NARROW_BITS ? Size.SAGAW_NARROW : Size.SAGAW_WIDE)
        | Cap.MGAW.of(addressWidth - 1)
        | Cap.ZLR.of(1)
        | Cap.FRO.of(FRCD_OFFSET / FaultRecord.BYTES)
        | Cap.SLLPS.of(superpages ? Size.SLLPS_2M_1G : 0)
        | Cap.PSI.of(1)
        | Cap.MAMV.of(Size.MAMV);
  }

  /**
   * {@return the extended capability register}
   *
   * @param abortsDma true if RTADDR.TTM may say that all DMA is blocked
   */
  static long ecap(boolean abortsDma) {
    return Ecap.C.of(1)
        | Ecap.PT.of(1)
        | Ecap.IRO.of(IVA_OFFSET / FaultRecord.BYTES)
        | Ecap.ADMS.of(abortsDma ? 1 : 0);
  }

  /** Figures of the capability register. */
  private static final class Size {
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

    private Size() {}
  }

  UnitRegisters fork() {
    return new UnitRegisters(values.clone());
  }

  long get(RegisterSpec spec) {
    return values[index(spec.offset())];
  }

  void set(RegisterSpec spec, long value) {
    values[index(spec.offset())] = value;
  }

  /** {@return all that the registers hold} */
  long[] values() {
    return values.clone();
  }

  long read32(int offset) {
    int index = index(offset);
    if (index == NO_REGISTER) {
      return 0;
    }
    RegisterSpec spec = ALL.get(index);
    long value = spec.read(values[index]);
    return Integer.toUnsignedLong((int) (offset == spec.offset() ? value : value >>> Integer.SIZE));
  }

  long read64(int offset) {
    return read32(offset + Integer.BYTES) << Integer.SIZE | read32(offset);
  }

  /** {@return the register at {@code offset}, if all of it is there and it has 8 bytes} */
  static boolean isLong(int offset) {
    int index = index(offset);
    return index != NO_REGISTER
        && ALL.get(index).offset() == offset
        && ALL.get(index).sizeBytes() == Long.BYTES;
  }

  /** {@return true if a register is at {@code offset}} */
  static boolean isRegister(int offset) {
    return index(offset) != NO_REGISTER;
  }

  /** {@return the register that {@code offset} is in; only where there is one} */
  static RegisterSpec at(int offset) {
    return ALL.get(index(offset));
  }

  /** {@return the register's whole new value when 32 bits are written at {@code offset}} */
  long merged(int offset, long value32) {
    RegisterSpec spec = at(offset);
    long kept = get(spec) & (spec.mask(AccessKind.READ_WRITE) | spec.mask(AccessKind.WRITE_ONLY));
    return offset == spec.offset()
        ? (kept & UPPER_HALF) | (value32 & ~UPPER_HALF)
        : (kept & ~UPPER_HALF) | value32 << Integer.SIZE;
  }

  private static int index(int offset) {
    return INDEX[offset / Integer.BYTES];
  }
}
