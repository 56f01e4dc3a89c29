// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.List;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.Unmappable;
import org.crashlane.iommu.paging.Paging;
import org.crashlane.iommu.vtd.Registers.Gsts;
import org.crashlane.memory.AddressRange;

/**
 * Where one VT-d unit differs from another, and how it is set.
 *
 * @param capabilities what it can do
 * @param hostAddressWidth how many bits a physical address has (the DMAR table's host address
 *     width), 12 to 64: address bits above are reserved in every table
 * @param translationEnabled true if it translates (GSTS.TES)
 * @param rootTableAddress the root table address register, mode and all
 * @param wholeMemory true if there is no memory but what the memory says it has, so that hardware
 *     too fails to read a table elsewhere; false if, as in a dump, some is left out
 */
public record UnitConfig(
    Capabilities capabilities,
    int hostAddressWidth,
    boolean translationEnabled,
    long rootTableAddress,
    boolean wholeMemory) {
  /** Size of a page of tables of any kind in bytes. */
  static final int PAGE_BYTES = SecondLevelEntry.LARGEST.pageBytes();

  /** The widest physical address that entries can hold: used where the width is not known. */
  public static final int HOST_ADDRESS_WIDTH_MAX = 52;

  public UnitConfig {
    if (hostAddressWidth < SecondLevelEntry.ADDR.low() || hostAddressWidth > Long.SIZE) {
      throw new IllegalArgumentException("host address width out of range: " + hostAddressWidth);
    }
  }

  /** {@return a unit as its registers say, with {@code hostAddressWidth} from the DMAR table} */
  public static UnitConfig of(RegisterFile registers, int hostAddressWidth, boolean wholeMemory) {
    return new UnitConfig(
        Capabilities.of(registers),
        hostAddressWidth,
        Gsts.TES.isSet(registers.read(Registers.GSTS)),
        registers.read(Registers.RTADDR),
        wholeMemory);
  }

  /** {@return how second-level tables are made} */
  public Paging secondLevel() {
    return new Paging(
        PageTableFormat.secondLevel(this),
        TableMode.of(this) == TableMode.SCALABLE ? PagingChecks.SCALABLE : PagingChecks.LEGACY,
        capabilities.maximumAddressWidth(),
        new AddressRange(0, SecondLevelEntry.highestAddress(hostAddressWidth)),
        List.of(Unmappable.interrupts(InterruptWindow.RANGE)));
  }

  /**
   * {@return how first-level tables are made} They are a process's or a guest's, and not written.
   *
   * @param privilege whose rights requests have there
   */
  Paging firstLevel(PageTableFormat.Privilege privilege) {
    return new Paging(
        PageTableFormat.firstLevel(this, privilege),
        PagingChecks.FIRST_LEVEL,
        Long.SIZE,
        new AddressRange(0, SecondLevelEntry.highestAddress(hostAddressWidth)),
        List.of());
  }

  /** {@return a unit that translates, in the mode of {@code rootTableAddress}, all memory known} */
  public static UnitConfig translating(
      Capabilities capabilities, int hostAddressWidth, long rootTableAddress) {
    return new UnitConfig(capabilities, hostAddressWidth, true, rootTableAddress, true);
  }
}
