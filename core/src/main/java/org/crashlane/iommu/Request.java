// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.pci.RequesterId;

/**
 * One DMA request without a PASID, not yet translated.
 *
 * @param requester who asks
 * @param iova the address on the bus
 * @param access read or write
 */
public record Request(RequesterId requester, long iova, Access access) {}
