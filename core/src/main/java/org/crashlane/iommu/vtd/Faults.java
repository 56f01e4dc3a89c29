// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * How blocked requests are told.
 *
 * @param suppressed true if an entry's FPD bit keeps qualified faults from being recorded
 * @param wholeMemory true if what cannot be read cannot be read by hardware either
 */
record Faults(boolean suppressed, boolean wholeMemory) {

  Faults suppressedBy(boolean faultProcessingDisable) {
    return new Faults(suppressed || faultProcessingDisable, wholeMemory);
  }

  Outcome blocked(Request request, FaultReason reason) {
    boolean recorded = !(suppressed && reason.qualified());
    return new Outcome.Blocked(new Fault(request, reason.code(), reason.meaning(), recorded));
  }

  /** {@return what becomes of a request that needs a table which is not there, or not known} */
  Outcome unreadable(Request request, UnreadableMemoryException e, FaultReason reason) {
    return wholeMemory ? blocked(request, reason) : new Outcome.Unknown(e.address(), e.reason());
  }
}
