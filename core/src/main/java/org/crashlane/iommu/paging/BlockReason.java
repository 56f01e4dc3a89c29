// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import org.crashlane.iommu.Access;

/** Why a unit blocks a request, as its vendor names it. */
public interface BlockReason {

  /** {@return the vendor's number for it, in a record of an access} */
  int number(Access access);

  /** {@return what it means, in words} */
  String meaning();

  /** {@return true if the device's own entry may keep it from being recorded} */
  boolean qualified();
}
