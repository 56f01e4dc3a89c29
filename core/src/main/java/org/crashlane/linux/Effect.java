// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

/** What something in a firmware's table does to Linux's use of it, worst first. */
public enum Effect {
  /** Linux uses no IOMMU that the table names. */
  REFUSES_ALL,
  /** A unit, a device or a region of the table has no effect; the rest is used. */
  DROPS_PART,
  /** The table is used whole; worth knowing all the same. */
  NOTE
}
