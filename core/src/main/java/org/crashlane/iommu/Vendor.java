// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.iommu.amdvi.AmdviTables;
import org.crashlane.iommu.vtd.VtdTables;
import org.crashlane.memory.PhysicalMemory;

/** The IOMMUs that are known: the one place that lists them. */
public enum Vendor {
  /** Intel VT-d. */
  VTD("vtd") {
    @Override
    public TranslationTables open(PhysicalMemory memory, RegisterFile registers) {
      return VtdTables.open(memory, registers);
    }
  },

  /** AMD-Vi. */
  AMDVI("amdvi") {
    @Override
    public TranslationTables open(PhysicalMemory memory, RegisterFile registers) {
      return AmdviTables.open(memory, registers);
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

  /** {@return the tables that {@code registers} point to, read from {@code memory}} */
  public abstract TranslationTables open(PhysicalMemory memory, RegisterFile registers);
}
