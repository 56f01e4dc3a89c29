// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import org.crashlane.bits.Alignment;
import org.crashlane.bits.Hex;
import org.crashlane.memory.AddressRange;

/**
 * One TCE table: a flat array of entries in contiguous physical memory, for all the devices behind
 * one PHB.
 *
 * @param address physical address of its first entry
 * @param size how large it is
 */
public record TceTable(long address, TableSize size) {

  /**
   * @throws IllegalArgumentException if no TAR can hold the address (it has bits 47:15)
   */
  public TceTable {
    if (Tar.TABLE.inPlace(address) != address) {
      throw new IllegalArgumentException("no TAR can point to a table at " + Hex.of(address));
    }
  }

  /**
   * {@return true if the table lies at a multiple of its own size, as Linux allocates it; what the
   * chips do with another is not known}
   */
  public boolean isNaturallyAligned() {
    return Alignment.isAligned(address, size.bytes());
  }

  /** {@return the memory it takes} */
  public AddressRange memory() {
    return AddressRange.ofSize(address, size.bytes());
  }

  /** {@return the IOVAs it translates, from 0} */
  public AddressRange reach() {
    return AddressRange.ofSize(0, size.ioSpaceBytes());
  }

  /**
   * {@return the physical address of the entry for {@code iova}}
   *
   * @param iova within {@link #reach}
   */
  public long entryAddress(long iova) {
    return address + Tce.index(iova) * Tce.BYTES;
  }

  /**
   * {@return the memory of the entries for {@code iovas}: 256 KiB for 128 MiB}
   *
   * @param iovas within {@link #reach}
   */
  public AddressRange entries(AddressRange iovas) {
    long last = entryAddress(iovas.last()) + Tce.BYTES - 1;
    return new AddressRange(entryAddress(iovas.first()), last);
  }

  @Override
  public String toString() {
    return Hex.of(address) + " (" + size.option() + ")";
  }
}
