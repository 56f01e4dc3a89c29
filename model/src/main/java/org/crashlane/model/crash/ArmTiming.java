// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.Locale;

/** When the primary is armed, and whether its allocator keeps the range back. */
public enum ArmTiming {
  /** Before any driver maps, and the allocator keeps the range back. */
  EARLY,
  /** While drivers run; the allocator keeps the range back from then on. */
  LATE,
  /** While drivers run, by somebody whom the allocator does not know. */
  UNRESERVED;

  /** {@return the name that users write} */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
