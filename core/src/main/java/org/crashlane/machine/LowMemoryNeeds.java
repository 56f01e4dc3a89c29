// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

/**
 * What the capture kernel needs of the crash ranges for DMA, besides what its drivers ask for.
 *
 * @param bouncePoolBytes the pool that all DMA goes through, because memory is encrypted or the
 *     command line says swiotlb=force; 0 if there is none. In one piece
 * @param deviceTableBytes a device table that has to lie below 4 GiB: of a capture kernel that
 *     takes over an AMD IOMMU (Linux up to 6.x: iommu_alloc_pages with GFP_DMA32); 0 if there is
 *     none
 */
public record LowMemoryNeeds(long bouncePoolBytes, long deviceTableBytes) {
  /** None. */
  public static final LowMemoryNeeds NONE = new LowMemoryNeeds(0, 0);

  public LowMemoryNeeds {
    if (bouncePoolBytes < 0 || deviceTableBytes < 0) {
      throw new IllegalArgumentException(
          "sizes below 0: " + bouncePoolBytes + ", " + deviceTableBytes);
    }
  }
}
