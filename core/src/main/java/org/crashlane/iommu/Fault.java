// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.Hex;

/**
 * A request that the IOMMU blocked, as its fault record has it.
 *
 * @param request what was asked
 * @param why the vendor's reason
 * @param recorded false where the tables suppress the record (VT-d: FPD); the request is blocked
 *     all the same
 */
public record Fault(Request request, BlockReason why, boolean recorded) {

  /** {@return the vendor's number for the reason} */
  public int reason() {
    return why.number(request.access());
  }

  @Override
  public String toString() {
    return "%s %s at %s: reason %s, %s%s"
        .formatted(
            request.requester(),
            request.access(),
            Hex.of(request.iova()),
            Hex.of(reason()),
            why.meaning(),
            recorded ? "" : " (not recorded)");
  }
}
