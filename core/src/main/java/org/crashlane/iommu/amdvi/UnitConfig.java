// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.bits.BitField;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.amdvi.Registers.Control;

/**
 * Where one unit differs from another, and how it is set.
 *
 * @param capabilities what it can do
 * @param physicalAddressWidth how many bits a physical address has, 12 to 64: address bits above
 *     are reserved in every table
 * @param encryptionMask the address bits that say that a page is encrypted and are no address (SME:
 *     the C-bit), or 0
 * @param deviceTable where the device table is
 * @param exclusion what passes untranslated
 * @param translationEnabled true if it translates (Control.IommuEn)
 * @param guestTranslationEnabled true if guest tables count (Control.GTEn)
 * @param wholeMemory true if there is no memory but what the memory says it has, so that hardware
 *     too fails to read a table elsewhere; false if, as in a dump, some is left out
 */
public record UnitConfig(
    Capabilities capabilities,
    int physicalAddressWidth,
    long encryptionMask,
    DeviceTableBase deviceTable,
    ExclusionRange exclusion,
    boolean translationEnabled,
    boolean guestTranslationEnabled,
    boolean wholeMemory) {
  /** The widest physical address that entries can hold: stands for a width that is not known. */
  public static final int PHYSICAL_ADDRESS_WIDTH_MAX = 52;

  public UnitConfig {
    if (physicalAddressWidth < PageTableEntry.ADDR.low() || physicalAddressWidth > Long.SIZE) {
      throw new IllegalArgumentException(
          "physical address width out of range: " + physicalAddressWidth);
    }
  }

  /**
   * {@return a unit as its registers say}
   *
   * @param physicalAddressWidth as the processor says, or the IVRS table (PASize)
   */
  public static UnitConfig of(
      RegisterFile registers, int physicalAddressWidth, long encryptionMask, boolean wholeMemory) {
    long control = registers.read64(Registers.CONTROL);
    return new UnitConfig(
        Capabilities.of(registers),
        physicalAddressWidth,
        encryptionMask,
        DeviceTableBase.of(registers),
        ExclusionRange.of(registers),
        Control.IOMMU_EN.isSet(control),
        Control.GT_EN.isSet(control),
        wholeMemory);
  }

  /** {@return a unit that translates by a whole device table, all memory known, none encrypted} */
  public static UnitConfig translating(
      Capabilities capabilities, int physicalAddressWidth, long deviceTable) {
    return new UnitConfig(
        capabilities,
        physicalAddressWidth,
        0,
        DeviceTableBase.whole(deviceTable),
        ExclusionRange.NONE,
        true,
        false,
        true);
  }

  /** {@return the bits of address fields that must be zero} */
  long reservedAddressBits() {
    return PageTableEntry.ADDR.mask() & ~BitField.lowMask(physicalAddressWidth) & ~encryptionMask;
  }

  /** {@return the bits of address fields that are an address} */
  long addressBits() {
    return PageTableEntry.ADDR.mask() & ~encryptionMask;
  }

  /** {@return the last physical address that an entry can lead to} */
  long highestAddress() {
    return addressBits() & BitField.lowMask(physicalAddressWidth)
        | BitField.lowMask(PageTableEntry.ADDR.low());
  }
}
