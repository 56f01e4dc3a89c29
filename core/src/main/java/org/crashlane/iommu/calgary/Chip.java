// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import org.crashlane.memory.AddressRange;

/** The two chips that translate by TCE tables (Linux 2.6.27 arch/x86/kernel/pci-calgary_64.c). */
public enum Chip {
  /** IBM Calgary. It leaves the addresses of legacy devices, 640 KiB to 1 MiB, untranslated. */
  CALGARY(0x02a1, 0xa_0000L),

  /** IBM CalIOC2. Linux keeps all of the first MiB free of translation on it. */
  CALIOC2(0x0308, 0);

  /** How many PCI host bridges (PHBs) a chip has; each has a table and registers of its own. */
  public static final int PHB_COUNT = 4;

  private static final long LOW_REGION_LAST = 0xf_ffffL;

  private final int pciDeviceId;
  private final long lowRegionFirst;

  Chip(int pciDeviceId, long lowRegionFirst) {
    this.pciDeviceId = pciDeviceId;
    this.lowRegionFirst = lowRegionFirst;
  }

  /** {@return the PCI device id by which Linux tells the chips apart} */
  public int pciDeviceId() {
    return pciDeviceId;
  }

  /** {@return the addresses below 1 MiB that must not be mapped} */
  public AddressRange lowRegion() {
    return new AddressRange(lowRegionFirst, LOW_REGION_LAST);
  }
}
