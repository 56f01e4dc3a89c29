// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.Term;

/** Why a unit blocks a request, as its vendor names it. */
public interface BlockReason extends Term {

  /** {@return the vendor's number for it, in a record of an access} */
  int number(Access access);

  /** {@return true if the device's own entry may keep it from being recorded} */
  default boolean qualified() {
    return false;
  }

  /** A number in a record that no manual explains. */
  record Unknown(int number) implements BlockReason {

    @Override
    public int number(Access access) {
      return number;
    }

    @Override
    public String meaning() {
      return "not known";
    }
  }
}
