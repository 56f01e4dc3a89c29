// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * How blocked requests are told.
 *
 * @param suppressed true if an entry's SA bit keeps page faults from being logged; SE, which lets
 *     the first one through, does not
 * @param wholeMemory true if what cannot be read cannot be read by hardware either
 */
record Faults(boolean suppressed, boolean wholeMemory) {

  Outcome blocked(Request request, FaultReason reason) {
    boolean recorded = !(suppressed && reason.isPageFault());
    int number = reason.number(request.access());
    return new Outcome.Blocked(new Fault(request, number, reason.meaning(), recorded));
  }

  /** {@return what becomes of a request that needs a table which is not there, or not known} */
  Outcome unreadable(Request request, UnreadableMemoryException e, FaultReason reason) {
    return wholeMemory ? blocked(request, reason) : new Outcome.Unknown(e.address(), e.reason());
  }
}
