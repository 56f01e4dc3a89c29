// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

/** Whether a table's bytes add up to zero, as ACPI 6.5 section 5.2.6 wants. */
public enum Checksum {
  /** They do. */
  RIGHT,
  /** They do not; some machines ship such tables, and kernels use them. */
  WRONG,
  /** Not known: the length of the table is wrong, or bytes of it are missing. */
  UNVERIFIABLE
}
