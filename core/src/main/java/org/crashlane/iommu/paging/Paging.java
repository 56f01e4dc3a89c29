// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Unmappable;
import org.crashlane.memory.AddressRange;

/**
 * How one unit's page tables are made, how far they go, and how requests are checked against them.
 *
 * @param format their entries
 * @param checks what hardware checks on the way, and in which order
 * @param addressBitsMax how many bits an IOVA may have, however many levels there are
 * @param targets the physical addresses that entries can lead to
 * @param unmappable addresses that are never mapped, as IOVA or as target
 */
public record Paging(
    EntryFormat format,
    RequestChecks checks,
    int addressBitsMax,
    AddressRange targets,
    List<Unmappable> unmappable) {

  public Paging {
    unmappable = List.copyOf(unmappable);
  }

  /**
   * {@return the IOVAs from 0 that tables of a shape can translate: as far as they and the unit go}
   */
  public AddressRange reach(Geometry geometry) {
    return new AddressRange(0, last(geometry));
  }

  /** {@return true if tables of a shape can translate {@code iova}} */
  boolean translates(Geometry geometry, long iova) {
    long beyond = ~last(geometry);
    return (iova & beyond) == 0 || (checks.signExtended() && (~iova & beyond) == 0);
  }

  private long last(Geometry geometry) {
    int bits = geometry.addressBits() - (checks.signExtended() ? 1 : 0);
    return BitField.lowMask(Math.min(bits, addressBitsMax));
  }
}
