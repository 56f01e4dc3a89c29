// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import org.crashlane.iommu.Access;
import org.crashlane.iommu.BlockReason;
import org.crashlane.iommu.Permissions;

/**
 * How hardware checks a request on its way through page tables of one kind: in which order, and
 * what it calls each failure.
 */
public interface RequestChecks {

  /** What may be found wrong, the missing right aside. */
  enum Check {
    /** The tables do not translate the address. */
    ADDRESS,
    /** The top table cannot be read. */
    TOP_TABLE,
    /** A table below it cannot be read. */
    TABLE,
    /** An entry is empty. */
    PRESENCE,
    /** A field of an entry is not as it must be. */
    FIELDS,
    /** The address has bits that an entry skips with the levels that would translate them. */
    SKIPPED_BITS,
    /** The page is one that requests may not go to. */
    TARGET
  }

  /** When it is seen that a right is missing. */
  enum RightsChecked {
    /** At each entry before anything else; an empty one has no rights. */
    BEFORE_FIELDS,
    /** At each entry, once it is known to be in order. */
    AFTER_FIELDS,
    /** At the leaf. */
    AT_LEAF
  }

  /** {@return when it is seen that a right is missing} */
  RightsChecked rightsChecked();

  /**
   * {@return what the vendor calls a failure}
   *
   * @param entry the entry that it is about, or 0
   * @param level its level, or 0
   */
  BlockReason failure(Check check, long entry, int level);

  /** {@return what the vendor calls it where {@code rights} do not allow {@code access}} */
  BlockReason denied(Access access, Permissions rights);

  /** {@return true if requests that are translated to {@code physical} are blocked} */
  default boolean blocksTarget(long physical) {
    return false;
  }

  /**
   * {@return true if addresses are sign-extended} Those of the upper half begin with ones; full
   * walks leave it out.
   */
  default boolean signExtended() {
    return false;
  }
}
