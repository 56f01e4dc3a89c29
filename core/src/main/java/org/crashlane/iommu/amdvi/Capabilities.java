// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.amdvi.Registers.CapabilityHeader;
import org.crashlane.iommu.amdvi.Registers.ExtFeatures;

/**
 * What a unit can do.
 *
 * @param extFeatures the extended feature register; where the unit has none, what the IVRS table
 *     says in its stead, or 0
 * @param header the capability header in the unit's PCI configuration space, of which the registers
 *     show nothing; 0 where it is not known
 */
public record Capabilities(long extFeatures, long header) {
  private static final int LEVELS_OF_HATS_ZERO = 4;

  /** {@return the capabilities that {@code registers} show; the capability header is not known} */
  public static Capabilities of(RegisterFile registers) {
    return new Capabilities(registers.read(Registers.EXT_FEATURES), 0);
  }

  /** {@return how many levels page tables may have (EFR.HATS); 6 where no register says} */
  public int maximumLevels() {
    return extFeatures == 0
        ? DeviceTableEntry.MODE_LEVELS_MAX
        : Math.min(
            DeviceTableEntry.MODE_LEVELS_MAX,
            (int) ExtFeatures.HATS.get(extFeatures) + LEVELS_OF_HATS_ZERO);
  }

  /** {@return true if the capability header is known, whose CapId is not 0} */
  public boolean isHeaderKnown() {
    return CapabilityHeader.ID.get(header) != 0;
  }

  /** {@return true if the header says that entries that are not present may be cached (NpCache)} */
  public boolean cachesAbsent() {
    return CapabilityHeader.NP_CACHE.isSet(header);
  }
}
