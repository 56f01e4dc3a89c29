// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import org.crashlane.bits.Reason;
import org.crashlane.iommu.BlockReason;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.memory.UnreadableMemoryException;

/** What becomes of the faults of a device. */
public enum Faults {
  /** They are recorded. */
  RECORDED,
  /** An entry on the way keeps those that are qualified from being recorded. */
  SUPPRESSED;

  /** {@return what an entry says that may suppress them} */
  public static Faults of(boolean suppressed) {
    return suppressed ? SUPPRESSED : RECORDED;
  }

  /** {@return the same, where another entry on the way may suppress them too} */
  public Faults suppressedBy(boolean alsoSuppressed) {
    return alsoSuppressed ? SUPPRESSED : this;
  }

  /** {@return what becomes of a request that is blocked} */
  public Outcome blocked(Request request, BlockReason reason) {
    boolean recorded = !(this == SUPPRESSED && reason.qualified());
    return new Outcome.Blocked(new Fault(request, reason, recorded));
  }

  /**
   * {@return what becomes of a request that needs a table which is not there, or not known}
   *
   * @param wholeMemory true if what cannot be read cannot be read by hardware either
   */
  public Outcome unreadable(
      Request request, UnreadableMemoryException e, BlockReason reason, boolean wholeMemory) {
    return wholeMemory
        ? blocked(request, reason)
        : new Outcome.Unknown(e.address(), Reason.of(e.absence()));
  }
}
