// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import org.crashlane.memory.AddressRange;

/** The two chips that translate by TCE tables (Linux 2.6.27 arch/x86/kernel/pci-calgary_64.c). */
public enum Chip {
  /** IBM Calgary. It leaves the addresses of legacy devices, 640 KiB to 1 MiB, untranslated. */
  CALGARY(0xa_0000L),

  /** IBM CalIOC2. Linux keeps all of the first MiB free of translation on it. */
  CALIOC2(0);

  /** How many PCI host bridges (PHBs) a chip has; each has a table and registers of its own. */
  public static final int PHB_COUNT = 4;

  private static final long LOW_REGION_LAST = 0xf_ffffL;

  private final long lowRegionFirst;

  Chip(long lowRegionFirst) {
    this.lowRegionFirst = lowRegionFirst;
  }

  /** {@return the addresses below 1 MiB that must not be mapped} */
  public AddressRange lowRegion() {
    return new AddressRange(lowRegionFirst, LOW_REGION_LAST);
  }
}
