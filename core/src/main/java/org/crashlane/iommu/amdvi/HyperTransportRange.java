// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.memory.AddressRange;

/**
 * The top 12 GiB below 1 TiB, where HyperTransport has interrupts, configuration and messages:
 * never translated as DMA (AMD 48882, "Special Address Controls"; Linux 6.0
 * drivers/iommu/amd/amd_iommu_types.h, HT_RANGE).
 *
 * <p>Requests of a device with a valid entry are taken as blocked here: what would let some of them
 * pass (IoCtl, SysMgt) is for port I/O and messages, not for memory.
 */
final class HyperTransportRange {
  static final AddressRange RANGE = new AddressRange(0xfd_0000_0000L, 0xff_ffff_ffffL);

  private HyperTransportRange() {}
}
