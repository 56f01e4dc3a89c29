// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.Locale;

/** How the primary kernel maps DMA. */
public enum MappingMode {
  /** No IOMMU: the bus address is the physical address. */
  NOMMU("no IOMMU"),
  /** No IOMMU: what a device cannot reach is bounced through buffers that it can. */
  SWIOTLB("bounce buffers"),
  /** AMD's graphics aperture remapping table, used for what a device cannot reach. */
  GART("AMD GART"),
  /** IBM Calgary and CalIOC2. */
  CALGARY("IBM Calgary"),
  /** Intel VT-d. */
  VTD("Intel VT-d"),
  /** AMD's IOMMU. */
  AMDVI("AMD-Vi");

  private final String title;

  MappingMode(String title) {
    this.title = title;
  }

  /** {@return what it is, in words} */
  public String title() {
    return title;
  }

  /** {@return the name that users write} */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
