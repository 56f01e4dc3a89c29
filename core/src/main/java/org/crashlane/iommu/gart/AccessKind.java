// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

/** What a write does to a register's field. All fields are readable. */
public enum AccessKind {
  /** The field takes what is written. */
  READ_WRITE,
  /** A one clears the field, a zero leaves it. */
  WRITE_ONE_TO_CLEAR,
  /** A one starts what the field names; hardware clears the field when that is done. */
  WRITE_ONE_SELF_CLEARING
}
