// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Word;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.Unmappable;
import org.crashlane.iommu.vtd.Registers.Cap;
import org.crashlane.iommu.vtd.Registers.Pmen;
import org.crashlane.iommu.vtd.Registers.ProtectedBound;
import org.crashlane.memory.AddressRange;

/**
 * The low and the high region that a unit keeps from DMA (VT-d specification, "Protected Memory
 * Enable Register" and those after it). Requests that pass untranslated are blocked there, whether
 * translation is off or their context entry says so; of those that are translated the manual leaves
 * it to the hardware. Tboot, firmware with DMA protection at boot, and some kernels set it; Linux
 * clears it when it enables translation, and not before (drivers/iommu/intel/iommu.c of 5.10, 6.1:
 * iommu_disable_protect_mem_regions).
 */
final class ProtectedMemory {
  private final List<Word> description = new ArrayList<>();
  private final List<Unmappable> ranges = new ArrayList<>();

  private ProtectedMemory() {}

  /** {@return what the registers say now} */
  static ProtectedMemory of(RegisterFile registers) {
    ProtectedMemory found = new ProtectedMemory();
    long cap = registers.read(Registers.CAP);
    if (Cap.PLMR.isSet(cap) || Cap.PHMR.isSet(cap)) {
      // Enabled but not yet in force, or in force although no longer enabled: both may block.
      long pmen = registers.read(Registers.PMEN);
      if (Pmen.EPM.isSet(pmen) || Pmen.PRS.isSet(pmen)) {
        found.description.add(Registers.PMEN.layout().word(pmen));
        found.regions(cap, registers);
      }
    }
    return found;
  }

  private void regions(long cap, RegisterFile registers) {
    if (Cap.PLMR.isSet(cap)) {
      long base = registers.read(Registers.PLMBASE);
      long limit = registers.read(Registers.PLMLIMIT);
      description.add(Registers.PLMBASE.layout().word(base));
      description.add(Registers.PLMLIMIT.layout().word(limit));
      region(Named.PROTECTED_LOW, base, limit);
    }
    if (Cap.PHMR.isSet(cap)) {
      long base = registers.read(Registers.PHMBASE);
      long limit = registers.read(Registers.PHMLIMIT);
      description.add(Registers.PHMBASE.layout().word(base));
      description.add(Registers.PHMLIMIT.layout().word(limit));
      region(Named.PROTECTED_HIGH, base, limit);
    }
  }

  /** A limit below the base means no region; bits that are not decoded are ones in a limit. */
  private void region(Named which, long base, long limit) {
    long first = ProtectedBound.ADDRESS.inPlace(base);
    long last =
        ProtectedBound.ADDRESS.inPlace(limit) | BitField.lowMask(ProtectedBound.ADDRESS.low());
    if (Long.compareUnsigned(first, last) < 0) {
      ranges.add(new Unmappable(new AddressRange(first, last), which));
    }
  }

  /** {@return the registers; none where nothing is protected} */
  List<Word> description() {
    return description;
  }

  /** {@return what is protected} */
  List<Unmappable> ranges() {
    return List.copyOf(ranges);
  }
}
