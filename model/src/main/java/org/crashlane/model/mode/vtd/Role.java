// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

/** How a kernel's VT-d driver came to its tables. */
enum Role {
  /** They are the primary's, firmware's reserved memory mapped at boot. */
  PRIMARY,
  /** They were copied; reserved memory is left to the copies, as Linux does. */
  ADOPTING,
  /** They were empty; reserved memory is mapped when its device's domain is made. */
  AFRESH
}
