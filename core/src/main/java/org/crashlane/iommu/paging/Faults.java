// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * How blocked requests are told.
 *
 * @param suppressed true if the device's entry keeps qualified faults from being recorded
 * @param wholeMemory true if what cannot be read cannot be read by hardware either
 */
public record Faults(boolean suppressed, boolean wholeMemory) {

  /** {@return the same, where another entry on the way may suppress records too} */
  public Faults suppressedBy(boolean alsoSuppressed) {
    return new Faults(suppressed || alsoSuppressed, wholeMemory);
  }

  /** {@return what becomes of a request that is blocked} */
  public Outcome blocked(Request request, BlockReason reason) {
    boolean recorded = !(suppressed && reason.qualified());
    int number = reason.number(request.access());
    return new Outcome.Blocked(new Fault(request, number, reason.meaning(), recorded));
  }

  /** {@return what becomes of a request that needs a table which is not there, or not known} */
  public Outcome unreadable(Request request, UnreadableMemoryException e, BlockReason reason) {
    return wholeMemory ? blocked(request, reason) : new Outcome.Unknown(e.address(), e.reason());
  }
}
