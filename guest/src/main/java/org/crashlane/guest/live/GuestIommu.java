// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.Vendor;
import org.crashlane.memory.PhysicalMemory;

/**
 * The IOMMU of a guest.
 *
 * @param vendor who knows its tables
 * @param registers its registers; reading them throws {@link java.io.UncheckedIOException} if the
 *     control socket fails
 */
public record GuestIommu(Vendor vendor, RegisterFile registers) {

  /** {@return the tables that its registers point to} */
  public TranslationTables tables(PhysicalMemory memory) {
    return vendor.open(memory, registers);
  }

  /** What QEMU has. */
  enum Kind {
    INTEL("intel_iommu", Vendor.VTD),
    AMD("amdvi-mmio", Vendor.AMDVI);

    private final String region;
    private final Vendor vendor;

    Kind(String region, Vendor vendor) {
      this.region = region;
      this.vendor = vendor;
    }

    /** {@return what QEMU's memory tree calls the registers} */
    String region() {
      return region;
    }

    Vendor vendor() {
      return vendor;
    }
  }
}
