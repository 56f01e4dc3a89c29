// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import java.util.List;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.iommu.amdvi.Registers.Control;
import org.crashlane.iommu.amdvi.Registers.ExtFeatures;
import org.crashlane.iommu.amdvi.Registers.Pointer;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.RegisterBank;

/** What the registers of a unit hold at power-on, and which of it decides what follows. */
final class UnitRegisters {
  /**
   * What a unit has. The rest (page requests, guest logs, device table segments, counters) reads as
   * zero, and EFR says so.
   */
  private static final List<Register> ALL =
      List.of(
          Registers.DEV_TAB_BASE,
          Registers.CMD_BUF_BASE,
          Registers.EVT_LOG_BASE,
          Registers.CONTROL.only(
              Control.IOMMU_EN,
              Control.EVENT_LOG_EN,
              Control.EVENT_INT_EN,
              Control.COHERENT,
              Control.CMD_BUF_EN),
          Registers.EXCLUSION_BASE,
          Registers.EXCLUSION_LIMIT,
          Registers.EXT_FEATURES,
          Registers.CMD_HEAD,
          Registers.CMD_TAIL,
          Registers.EVT_HEAD,
          Registers.EVT_TAIL,
          Registers.STATUS);

  private static final RegisterBank.Places PLACES = RegisterBank.Places.of(ALL, Registers.BYTES);

  /** Host tables of up to six levels: four and two more. */
  private static final int SIX_LEVELS = 2;

  private UnitRegisters() {}

  /**
   * {@return the registers after power-on}
   *
   * @param snp true if the unit can work for SEV-SNP
   */
  static RegisterBank of(boolean snp) {
    RegisterBank registers = new RegisterBank(PLACES);
    registers.set(
        Registers.EXT_FEATURES,
        ExtFeatures.IA_SUP.of(1)
            | ExtFeatures.HATS.of(SIX_LEVELS)
            | ExtFeatures.SNP_SUP.of(snp ? 1 : 0));
    return registers;
  }

  /** Adds what later behaviour depends on. */
  static void addTo(Fingerprint into, RegisterBank registers) {
    for (Register register : ALL) {
      into.add(registers.get(register));
    }
  }

  /** {@return the offset in a ring that follows on {@code pointer}} */
  static long next(long pointer, long ringBytes, int entryBytes) {
    return Pointer.OFFSET.inPlace((pointer + entryBytes) & (ringBytes - 1));
  }
}
