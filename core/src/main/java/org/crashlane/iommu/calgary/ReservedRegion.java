// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import org.crashlane.bits.Term;
import org.crashlane.iommu.Unmappable;
import org.crashlane.memory.AddressRange;

/**
 * IOVAs that the Linux driver never hands out.
 *
 * @param range which
 * @param kind why
 */
public record ReservedRegion(AddressRange range, Kind kind) {

  /** Why a region is reserved. */
  public enum Kind implements Term {
    /** A device given the address of a mapping that failed, 0, must fault there. */
    EMERGENCY("kept unmapped to catch failed mappings", true),
    /** Legacy devices below 1 MiB. */
    LOW_MEGABYTE("untranslated below 1 MiB", false),
    /** The PHB's first window for registers of its devices. */
    MEM_1("untranslated PHB window MEM_1", false),
    /** Its second. */
    MEM_2("untranslated PHB window MEM_2", false),
    /** A window of a PCI bridge below the PHB: from PCI config space, not from PHB registers. */
    BRIDGE_WINDOW("untranslated window of a PCI bridge", false);

    private final String meaning;
    private final boolean translated;

    Kind(String meaning, boolean translated) {
      this.meaning = meaning;
      this.translated = translated;
    }

    @Override
    public String meaning() {
      return meaning;
    }

    /** {@return true if requests there go through the table} */
    public boolean isTranslated() {
      return translated;
    }
  }

  /** {@return the region, as what cannot be mapped} */
  public Unmappable unmappable() {
    return new Unmappable(range, kind);
  }

  @Override
  public String toString() {
    return range + " (" + kind.meaning() + ")";
  }
}
