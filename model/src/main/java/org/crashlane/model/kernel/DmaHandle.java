// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.memory.AddressRange;

/**
 * One live mapping, as its driver keeps it.
 *
 * @param busAddress what the device is given
 * @param target the physical address that the mapping driver means the device's first byte to
 *     reach: the buffer, or the bounce buffer that stands for it; with the bit that says encrypted
 *     where the page is
 * @param buffer the physical address of the buffer itself
 * @param sizeBytes how much is mapped
 * @param direction which way data goes
 */
public record DmaHandle(
    long busAddress, long target, long buffer, long sizeBytes, Direction direction) {

  /** {@return the addresses that the device may put on the bus} */
  public AddressRange bus() {
    return AddressRange.ofSize(busAddress, sizeBytes);
  }

  /** {@return the memory that the device reaches} */
  public AddressRange targetRange() {
    return AddressRange.ofSize(target, sizeBytes);
  }

  /** {@return what the device is to reach, and may do there} */
  public Mapping mapping() {
    return new Mapping(bus(), target, Permissions.of(direction.reads(), direction.writes()));
  }
}
