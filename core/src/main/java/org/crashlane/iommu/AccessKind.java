// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

/** What a write does to a field of a register. */
public enum AccessKind {
  /** Nothing: hardware sets it. */
  READ_ONLY,
  /** The field takes what is written. */
  READ_WRITE,
  /** A one clears the field, a zero leaves it. */
  ONE_TO_CLEAR,
  /** A one starts what the field names; hardware clears the field when that is done. */
  ONE_SHOT,
  /** The field takes what is written and reads as zero. */
  WRITE_ONLY
}
