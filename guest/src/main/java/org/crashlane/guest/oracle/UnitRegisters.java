// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

/** The registers of a unit that say what it can do, and so how its tables are read. */
public sealed interface UnitRegisters {

  /** {@return true if the faults that a unit of this vendor records can be seen in QEMU 7.2} */
  boolean showFaults();

  /**
   * Those of VT-d.
   *
   * @param version version (VER)
   * @param capability capability (CAP)
   * @param extendedCapability extended capability (ECAP)
   */
  record Vtd(long version, long capability, long extendedCapability) implements UnitRegisters {
    @Override
    public boolean showFaults() {
      return true;
    }
  }

  /**
   * Those of AMD-Vi.
   *
   * @param extFeatures extended features (EFR)
   */
  record Amdvi(long extFeatures) implements UnitRegisters {
    /** QEMU 7.2 leaves its event log empty: amdvi_log_event takes it for overflowing always. */
    @Override
    public boolean showFaults() {
      return false;
    }
  }
}
