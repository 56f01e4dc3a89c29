// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.Unmappable;
import org.crashlane.iommu.amdvi.Registers.Control;
import org.crashlane.iommu.paging.Paging;
import org.crashlane.memory.AddressRange;

/**
 * Where one unit differs from another, and how it is set.
 *
 * @param capabilities what it can do
 * @param physicalAddressWidth how many bits a physical address has, 12 to 64: address bits above
 *     are reserved in every table
 * @param wholeMemory true if there is no memory but what the memory says it has, so that hardware
 *     too fails to read a table elsewhere; false if, as in a dump, some is left out
 * @param encryptionMask the address bits that say that a page is encrypted and are no address (SME:
 *     the C-bit), or 0
 * @param translationEnabled true if it translates (Control.IommuEn)
 * @param deviceTable where the device table is
 * @param guestTranslationEnabled true if guest tables count (Control.GTEn)
 * @param exclusion what passes untranslated
 */
public record UnitConfig(
    Capabilities capabilities,
    int physicalAddressWidth,
    boolean wholeMemory,
    long encryptionMask,
    boolean translationEnabled,
    DeviceTableBase deviceTable,
    boolean guestTranslationEnabled,
    ExclusionRange exclusion) {
  /** Size of a page of tables of any kind in bytes. */
  static final int PAGE_BYTES = PageTableEntry.LARGEST.pageBytes();

  /** The widest physical address that entries can hold: used where the width is not known. */
  public static final int PHYSICAL_ADDRESS_WIDTH_MAX = 52;

  /**
   * The top 12 GiB below 1 TiB, where HyperTransport has interrupts, configuration and messages:
   * never translated as DMA (AMD 48882, "Special Address Controls"; Linux 6.0
   * drivers/iommu/amd/amd_iommu_types.h, HT_RANGE). What would let some requests there pass (IoCtl,
   * SysMgt) is for port I/O and messages, not for memory.
   */
  public static final Unmappable HYPER_TRANSPORT =
      new Unmappable(new AddressRange(0xfd_0000_0000L, 0xff_ffff_ffffL), Named.HYPER_TRANSPORT);

  public UnitConfig {
    if (encryptionMask != 0
        && (Long.bitCount(encryptionMask) != 1
            || PageTableEntry.ADDR.inPlace(encryptionMask) == 0
            || Long.numberOfTrailingZeros(encryptionMask) == PageTableEntry.ADDR.low())) {
      throw new IllegalArgumentException("no bit of an address: " + Hex.of(encryptionMask));
    }
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
    long control = registers.read(Registers.CONTROL);
    return new UnitConfig(
        Capabilities.of(registers),
        physicalAddressWidth,
        wholeMemory,
        encryptionMask,
        Control.IOMMU_EN.isSet(control),
        DeviceTableBase.of(registers),
        Control.GT_EN.isSet(control),
        ExclusionRange.of(registers));
  }

  /** {@return a unit that translates by a whole device table, all memory known, none encrypted} */
  public static UnitConfig translating(
      Capabilities capabilities, int physicalAddressWidth, long deviceTable) {
    return new UnitConfig(
        capabilities,
        physicalAddressWidth,
        true,
        0,
        true,
        DeviceTableBase.whole(deviceTable),
        false,
        ExclusionRange.NONE);
  }

  /**
   * {@return the same on a host whose memory is encrypted}
   *
   * @param mask the address bit that says encrypted, or 0
   */
  public UnitConfig withEncryption(long mask) {
    return new UnitConfig(
        capabilities,
        physicalAddressWidth,
        wholeMemory,
        mask,
        translationEnabled,
        deviceTable,
        guestTranslationEnabled,
        exclusion);
  }

  /** {@return how host page tables are made} */
  public Paging hostTables() {
    PageTableFormat format = new PageTableFormat(this);
    return new Paging(
        format,
        format,
        PageTableEntry.geometry(capabilities.maximumLevels()).addressBits(),
        new AddressRange(
            0, BitField.lowMask(Math.min(physicalAddressWidth, addressField().high() + 1))),
        List.of(Unmappable.interrupts(InterruptWindow.RANGE), HYPER_TRANSPORT));
  }

  /** {@return the bits of every entry that are an address: those below what says encrypted} */
  BitField addressField() {
    BitField whole = PageTableEntry.ADDR;
    return encryptionMask == 0
        ? whole
        : BitField.bits(whole.name(), Long.numberOfTrailingZeros(encryptionMask) - 1, whole.low());
  }

  /** {@return the bits of address fields that must be zero} */
  long reservedAddressBits() {
    // Above what says encrypted there is no address either, whatever width the host was said to
    // have.
    long usable = addressField().mask() & BitField.lowMask(physicalAddressWidth);
    return PageTableEntry.ADDR.mask() & ~usable & ~encryptionMask;
  }
}
