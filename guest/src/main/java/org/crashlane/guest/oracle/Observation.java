// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.bits.Hex;
import org.crashlane.iommu.Access;
import org.crashlane.pci.RequesterId;

/** What was seen of one request, in memory and in the fault record. */
public sealed interface Observation {

  /**
   * It reached memory: what was read is what stands there, what was written stands there now.
   *
   * @param physicalAddress where
   */
  record Landed(long physicalAddress) implements Observation {
    @Override
    public String toString() {
      return "reached " + Hex.of(physicalAddress);
    }
  }

  /**
   * The IOMMU recorded a fault.
   *
   * @param reason the vendor's number for it
   * @param pageAddress the page of the IOVA
   * @param requester who is blamed
   * @param access what it wanted
   */
  record Faulted(int reason, long pageAddress, RequesterId requester, Access access)
      implements Observation {
    @Override
    public String toString() {
      return "fault %s for %s %s at page %s"
          .formatted(Hex.of(reason), requester, access, Hex.of(pageAddress));
    }
  }

  /**
   * Neither was seen.
   *
   * @param data what a read brought, none of memory's own marks; 0 for a write
   */
  record Nothing(long data) implements Observation {
    @Override
    public String toString() {
      return data == 0 ? "nothing seen" : "nothing seen but data " + Hex.of(data);
    }
  }
}
