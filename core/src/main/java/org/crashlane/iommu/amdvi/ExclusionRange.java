// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.amdvi.Registers.ExclusionBase;
import org.crashlane.iommu.amdvi.Registers.ExclusionLimit;
import org.crashlane.memory.AddressRange;

/**
 * Addresses at which requests pass untranslated and unchecked: of all devices, or of those whose
 * device table entry has EX set (AMD 48882, "Exclusion Range Base Register").
 *
 * <p>With SEV-SNP on, the registers hold the range of completion stores instead; ExEn is clear
 * then, as Linux 6.0 sets it, so no range is in force.
 *
 * @param base the base register
 * @param limit the limit register
 */
public record ExclusionRange(long base, long limit) {
  /** No range. */
  public static final ExclusionRange NONE = new ExclusionRange(0, 0);

  /** {@return the range that {@code registers} say} */
  static ExclusionRange of(RegisterFile registers) {
    return new ExclusionRange(
        registers.read(Registers.EXCLUSION_BASE), registers.read(Registers.EXCLUSION_LIMIT));
  }

  /** {@return true if any request may pass by the range} */
  public boolean isEnabled() {
    return ExclusionBase.EX_EN.isSet(base);
  }

  /** {@return true if the range is for all devices} */
  public boolean isForAll() {
    return ExclusionBase.ALLOW.isSet(base);
  }

  /** {@return the first address} */
  public long first() {
    return ExclusionBase.BASE.inPlace(base);
  }

  /** {@return the last address; the limit's low 12 bits count as ones} */
  public long last() {
    return ExclusionLimit.LIMIT.inPlace(limit) | BitField.lowMask(ExclusionLimit.LIMIT.low());
  }

  /**
   * {@return true if a request of a device passes by the range}
   *
   * @param word1 word 1 of the device's entry
   */
  boolean excludes(long iova, long word1) {
    return isFor(word1)
        && Long.compareUnsigned(first(), iova) <= 0
        && Long.compareUnsigned(iova, last()) <= 0;
  }

  /**
   * {@return the addresses at which requests of a device pass by the range; a range that ends
   * before it begins has none}
   *
   * @param word1 word 1 of the device's entry
   */
  Optional<AddressRange> of(long word1) {
    return isFor(word1) && Long.compareUnsigned(first(), last()) <= 0
        ? Optional.of(new AddressRange(first(), last()))
        : Optional.empty();
  }

  private boolean isFor(long word1) {
    return isEnabled() && (isForAll() || DeviceTableEntry.EX.isSet(word1));
  }
}
