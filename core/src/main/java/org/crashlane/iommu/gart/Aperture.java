// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import org.crashlane.bits.Hex;
import org.crashlane.iommu.flat.FlatTable;
import org.crashlane.iommu.gart.Registers.ApertureBase;
import org.crashlane.iommu.gart.Registers.ApertureCtl;
import org.crashlane.memory.AddressRange;

/**
 * The window of addresses that a GART translates, one table entry for each 4 KiB of it; addresses
 * outside are never looked up.
 *
 * @param base its first address, a multiple of 32 MiB below 2^40
 * @param order its size: 32 MiB doubled this often, 0 to 6, so up to 2 GiB
 */
public record Aperture(long base, int order) {
  /** The size of order 0, and what every base is a multiple of. */
  public static final long UNIT_BYTES = ApertureBase.ADDRESS_39_25.of(1);

  /** The order of the largest aperture. */
  public static final int ORDER_MAX = 6;

  public Aperture {
    ApertureBase.encode(base);
    if (order < 0 || order > ORDER_MAX) {
      throw new IllegalArgumentException("aperture size order is not 0 to 6: " + order);
    }
  }

  /**
   * {@return an aperture of {@code sizeBytes}}
   *
   * @param sizeBytes 32 MiB, 64 MiB, ... 2 GiB
   */
  public static Aperture ofSize(long base, long sizeBytes) {
    for (int order = 0; order <= ORDER_MAX; order++) {
      if (UNIT_BYTES << order == sizeBytes) {
        return new Aperture(base, order);
      }
    }
    throw new IllegalArgumentException("no aperture has this size: " + Hex.of(sizeBytes));
  }

  /** {@return its size in bytes} */
  public long sizeBytes() {
    return UNIT_BYTES << order;
  }

  /** {@return its addresses} */
  public AddressRange range() {
    return AddressRange.ofSize(base, sizeBytes());
  }

  /** {@return how many entries its table has} */
  public int entryCount() {
    return (int) (sizeBytes() / Gpte.PAGE_BYTES);
  }

  /** {@return the size of its table in bytes: 1/1024 of its own} */
  public long tableBytes() {
    return (long) entryCount() * Gpte.BYTES;
  }

  /** {@return its table at physical address {@code address}} */
  public FlatTable tableAt(long address) {
    return new FlatTable(address, base, entryCount(), Gpte.FORMAT);
  }

  /** {@return true if {@code address} lies in it} */
  public boolean contains(long address) {
    return Long.compareUnsigned(address - base, sizeBytes()) < 0;
  }

  /**
   * {@return which entry serves {@code address}}
   *
   * @throws IllegalArgumentException if none does
   */
  public int indexOf(long address) {
    if (!contains(address)) {
      throw new IllegalArgumentException(Hex.of(address) + " lies outside the aperture " + range());
    }
    return (int) ((address - base) / Gpte.PAGE_BYTES);
  }

  /** {@return the first address that entry {@code index} serves} */
  public long addressOf(int index) {
    return base + (long) index * Gpte.PAGE_BYTES;
  }

  /** {@return F3x90 for this size, all else zero} */
  public long controlRegister() {
    return ApertureCtl.SIZE_ORDER.of(order);
  }

  /** {@return F3x94 for this base} */
  public long baseRegister() {
    return ApertureBase.encode(base);
  }

  @Override
  public String toString() {
    return "aperture " + range();
  }
}
