// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

/** How a kernel's driver came to its tables. */
public enum Role {
  /** They are the primary's, firmware's reserved memory mapped at boot. */
  PRIMARY,
  /** They were copied from the primary's. */
  ADOPTING,
  /** They were empty; reserved memory is mapped when its device's domain is made. */
  AFRESH
}
