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
    return new Capabilities(registers.read64(Registers.EXT_FEATURES), 0);
  }

  /** {@return how many levels page tables may have (EFR.HATS); 6 where no register says} */
  public int maximumLevels() {
    return extFeatures == 0
        ? DeviceTableEntry.MODE_LEVELS_MAX
        : Math.min(
            DeviceTableEntry.MODE_LEVELS_MAX,
            (int) ExtFeatures.HATS.get(extFeatures) + LEVELS_OF_HATS_ZERO);
  }

  /** {@return true if devices may have guest tables (EFR.GTSup)} */
  public boolean guestTranslation() {
    return ExtFeatures.GT_SUP.isSet(extFeatures);
  }

  /** {@return true if page tables may forbid execution (EFR.NXSup)} */
  public boolean noExecute() {
    return ExtFeatures.NX_SUP.isSet(extFeatures);
  }

  /** {@return true if interrupts may have destinations of 32 bits (EFR.XTSup)} */
  public boolean x2apic() {
    return ExtFeatures.XT_SUP.isSet(extFeatures);
  }

  /** {@return true if interrupts may go to guests (EFR.GASup)} */
  public boolean guestInterrupts() {
    return ExtFeatures.GA_SUP.isSet(extFeatures);
  }

  /** {@return true if one command drops all that is cached (EFR.IASup)} */
  public boolean invalidateAll() {
    return ExtFeatures.IA_SUP.isSet(extFeatures);
  }

  /**
   * {@return true if the unit may work for SEV-SNP, which locks its base registers (EFR.SNPSup)}
   */
  public boolean secureNestedPaging() {
    return ExtFeatures.SNP_SUP.isSet(extFeatures);
  }

  /** {@return true if there are registers for hardware errors (EFR.HESup)} */
  public boolean hardwareErrorRegisters() {
    return ExtFeatures.HE_SUP.isSet(extFeatures);
  }

  /** {@return true if there is a performance optimization control register (EFR.PerfOptSup)} */
  public boolean performanceOptimization() {
    return ExtFeatures.PERF_OPT_SUP.isSet(extFeatures);
  }

  /** {@return how many segments the device table may have, as a power of two (EFR.DevTblSegSup)} */
  public int deviceTableSegmentsOrder() {
    return (int) ExtFeatures.DEV_TBL_SEG_SUP.get(extFeatures);
  }

  /** {@return true if entries that are not present may be cached (NpCache)} */
  public boolean cachesAbsent() {
    return CapabilityHeader.NP_CACHE.isSet(header);
  }

  /** {@return true if devices may have TLBs of their own (IotlbSup)} */
  public boolean deviceTlb() {
    return CapabilityHeader.IOTLB_SUP.isSet(header);
  }
}
