// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.vtd.FaultRecord;
import org.crashlane.iommu.vtd.InvalidationRegisters;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.Registers.Cap;
import org.crashlane.iommu.vtd.Registers.Ecap;
import org.crashlane.iommu.vtd.Registers.Fectl;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.RegisterBank;
import org.crashlane.model.mode.paging.DriverTables;

/** What the registers of a unit hold at power-on, and which of it decides what follows. */
public final class UnitRegisters {
  /** Size of the page of registers in bytes. */
  static final int PAGE_BYTES = 4096;

  /** Version 1.0. */
  private static final long VERSION = 0x10;

  /** Where the model's units, as QEMU's, have the registers whose place a unit chooses. */
  private static final int IVA_OFFSET = 0xf0;

  private static final int FRCD_OFFSET = 0x220;

  /** Invalidate address. */
  public static final Register IVA = InvalidationRegisters.IVA.movedBy(IVA_OFFSET);

  /** IOTLB invalidate. */
  public static final Register IOTLB = InvalidationRegisters.IOTLB.movedBy(IVA_OFFSET);

  static final Register FRCD_LOW = FaultRecord.LOW.movedBy(FRCD_OFFSET);
  static final Register FRCD_HIGH = FaultRecord.HIGH.movedBy(FRCD_OFFSET);

  /**
   * What a unit has. The rest (protected memory, invalidation queue, interrupt remapping) reads as
   * zero, and CAP and ECAP say so.
   */
  private static final RegisterBank.Places PLACES =
      RegisterBank.Places.of(
          List.of(
              Registers.VER,
              Registers.CAP,
              Registers.ECAP,
              Registers.GCMD,
              Registers.GSTS,
              Registers.RTADDR,
              Registers.CCMD,
              Registers.FSTS,
              Registers.FECTL,
              IVA,
              IOTLB,
              FRCD_LOW,
              FRCD_HIGH),
          PAGE_BYTES);

  /** Figures of the capability register. */
  private static final class Figure {
    /** 65,536 domains. */
    static final int ND = 6;

    /** Bit 0 of SAGAW is for tables of two levels, which no unit has. */
    static final int LEVELS_OF_SAGAW_ZERO = 2;

    static final int LEVELS_LEAST = 3;

    static final int SLLPS_2M_1G = 0b11;

    /** Up to 2^18 pages by one invalidation. */
    static final int MAMV = 18;

    private Figure() {}
  }

  private UnitRegisters() {}

  /** {@return the registers after power-on of a unit with these capabilities} */
  static RegisterBank of(long cap, long ecap) {
    RegisterBank registers = new RegisterBank(PLACES);
    registers.set(Registers.VER, VERSION);
    registers.set(Registers.CAP, cap);
    registers.set(Registers.ECAP, ecap);
    registers.set(Registers.FECTL, Fectl.IM.mask());
    return registers;
  }

  /** {@return the capability register of a unit with all else as every unit of the model has it} */
  static long cap(int addressWidth, boolean superpages, boolean cachesAbsent) {
    return Cap.ND.of(Figure.ND)
        | Cap.CM.of(cachesAbsent ? 1 : 0)
        | Cap.SAGAW.of(levelsUpTo(DriverTables.geometry(addressWidth).levels()))
        | Cap.MGAW.of(addressWidth - 1)
        | Cap.ZLR.of(1)
        | Cap.FRO.of(FRCD_OFFSET / FaultRecord.BYTES)
        | Cap.SLLPS.of(superpages ? Figure.SLLPS_2M_1G : 0)
        | Cap.PSI.of(1)
        | Cap.MAMV.of(Figure.MAMV);
  }

  /** {@return a bit for each number of levels from three up to {@code most}, as SAGAW has them} */
  private static long levelsUpTo(int most) {
    return BitField.lowMask(most - Figure.LEVELS_OF_SAGAW_ZERO + 1)
        & ~BitField.lowMask(Figure.LEVELS_LEAST - Figure.LEVELS_OF_SAGAW_ZERO);
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

  /**
   * Adds what later behaviour depends on. Not the rest: CAP and ECAP do not change, whoever
   * commands an invalidation writes all of CCMD or IOTLB, and a fault record matters by being
   * there.
   */
  static void addTo(Fingerprint into, RegisterBank registers) {
    into.add(registers.get(Registers.GSTS));
    into.add(registers.get(Registers.RTADDR));
    into.add(registers.get(IVA));
    into.add(registers.get(Registers.FSTS));
    into.add(registers.get(Registers.FECTL));
    into.add(FaultRecord.F.isSet(registers.get(FRCD_HIGH)));
  }
}
