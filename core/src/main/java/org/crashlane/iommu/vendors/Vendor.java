// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vendors;

import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.amdvi.AmdviTables;
import org.crashlane.iommu.vtd.Registers.Fsts;
import org.crashlane.iommu.vtd.VtdTables;
import org.crashlane.memory.PhysicalMemory;

/** The IOMMUs that are known: the one place that lists them. */
public enum Vendor {
  /** Intel VT-d. */
  VTD("vtd") {
    @Override
    public TranslationTables open(PhysicalMemory memory, RegisterFile registers, HostFacts host) {
      return VtdTables.open(memory, registers, host);
    }

    @Override
    public long faultMark(RegisterFile registers) {
      long status = registers.read(org.crashlane.iommu.vtd.Registers.FSTS);
      return Fsts.PPF.inPlace(status) | Fsts.PFO.inPlace(status);
    }
  },

  /** AMD-Vi. */
  AMDVI("amdvi") {
    @Override
    public TranslationTables open(PhysicalMemory memory, RegisterFile registers, HostFacts host) {
      return AmdviTables.open(memory, registers, host);
    }

    @Override
    public long faultMark(RegisterFile registers) {
      return registers.read(org.crashlane.iommu.amdvi.Registers.EVT_TAIL);
    }
  };

  private final String label;

  Vendor(String label) {
    this.label = label;
  }

  /** {@return the name that users write} */
  public String label() {
    return label;
  }

  /**
   * {@return the tables that {@code registers} point to, read from {@code memory}}
   *
   * @param host what is known besides
   */
  public abstract TranslationTables open(
      PhysicalMemory memory, RegisterFile registers, HostFacts host);

  /**
   * {@return what changes in the registers when the unit records a fault: VT-d's bits FSTS.PPF and
   * FSTS.PFO, the tail of AMD-Vi's event log} Of faults that come while the bits are set there is
   * no sign.
   */
  public abstract long faultMark(RegisterFile registers);
}
