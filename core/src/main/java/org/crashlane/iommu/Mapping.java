// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.Hex;
import org.crashlane.memory.AddressRange;

/**
 * A run of IOVAs that maps to a run of physical addresses with the same permissions.
 *
 * @param iova the run, both ends included
 * @param physicalFirst where its first byte goes; the rest follows on
 * @param permissions ANDed over all levels
 */
public record Mapping(AddressRange iova, long physicalFirst, Permissions permissions) {

  /** {@return the mapping that a {@link WalkVisitor} receives} */
  public static Mapping of(
      long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
    return new Mapping(new AddressRange(iovaFirst, iovaLast), physicalFirst, permissions);
  }

  /** {@return a mapping of {@code range} to itself, readable and writable} */
  public static Mapping identity(AddressRange range) {
    return new Mapping(range, range.first(), Permissions.READ_WRITE);
  }

  /** {@return where the run goes} */
  public AddressRange physical() {
    return AddressRange.ofSize(physicalFirst, iova.sizeBytes());
  }

  /** {@return true if every IOVA of the run is the physical address it goes to} */
  public boolean isIdentity() {
    return iova.first() == physicalFirst;
  }

  @Override
  public String toString() {
    return iova + " -> " + Hex.of(physicalFirst) + " " + permissions;
  }
}
