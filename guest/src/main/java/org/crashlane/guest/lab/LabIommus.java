// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import org.crashlane.guest.lab.iommu.LabIommu;
import org.crashlane.rehearsal.MappingMode;

/** The IOMMUs that QEMU has: the lab's one list of them. */
public final class LabIommus {
  private LabIommus() {}

  /**
   * {@return the IOMMU by which a primary kernel maps DMA in {@code mode}}
   *
   * @throws IllegalArgumentException if QEMU has none for it
   */
  public static LabIommu of(MappingMode mode) {
    return switch (mode) {
      case VTD -> new org.crashlane.guest.lab.iommu.vtd.LabUnit();
      case AMDVI -> new org.crashlane.guest.lab.iommu.amdvi.LabUnit();
      case NOMMU, SWIOTLB, GART, CALGARY ->
          throw new IllegalArgumentException(
              "--mapping " + mode.label() + ": QEMU has no such IOMMU (it has vtd and amdvi)");
    };
  }
}
