// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.iommu.amdvi.Registers.ExtFeatures;
import org.crashlane.iommu.amdvi.Registers.Pointer;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.mode.paging.RegisterBank;

/** What the registers of a unit hold at power-on, and which of it decides what follows. */
final class UnitRegisters {
  private static final RegisterBank.Places<UnitRegister> PLACES =
      RegisterBank.Places.of(UnitRegister.values(), Registers.BYTES);

  /** Host tables of up to six levels: four and two more. */
  private static final int SIX_LEVELS = 2;

  private UnitRegisters() {}

  /**
   * {@return the registers after power-on}
   *
   * @param snp true if the unit can work for SEV-SNP
   */
  static RegisterBank<UnitRegister> of(boolean snp) {
    RegisterBank<UnitRegister> registers = new RegisterBank<>(PLACES);
    registers.set(
        UnitRegister.EXT_FEATURES,
        ExtFeatures.IA_SUP.of(1)
            | ExtFeatures.HATS.of(SIX_LEVELS)
            | ExtFeatures.SNP_SUP.of(snp ? 1 : 0));
    return registers;
  }

  /** Adds what later behaviour depends on. */
  static void addTo(Fingerprint into, RegisterBank<UnitRegister> registers) {
    for (UnitRegister register : UnitRegister.values()) {
      into.add(registers.get(register));
    }
  }

  /** {@return the offset in a ring that follows on {@code pointer}} */
  static long next(long pointer, long ringBytes, int entryBytes) {
    return Pointer.OFFSET.inPlace((pointer + entryBytes) & (ringBytes - 1));
  }
}
