// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.Hex;

/**
 * A request that the IOMMU blocked, as its fault record has it.
 *
 * @param request what was asked
 * @param reason the vendor's number for the reason
 * @param meaning the reason in the manual's words
 * @param recorded false where the tables suppress the record (VT-d: FPD); the request is blocked
 *     all the same
 */
public record Fault(Request request, int reason, String meaning, boolean recorded) {

  @Override
  public String toString() {
    return "%s %s at %s: reason %s, %s%s"
        .formatted(
            request.requester(),
            request.access(),
            Hex.of(request.iova()),
            Hex.of(reason),
            meaning,
            recorded ? "" : " (not recorded)");
  }
}
