// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import org.crashlane.bits.Term;

/** What is named besides {@link FaultReason}s. */
enum Named implements Term {
  NO_RIGHT("not zero, without a right"),
  SOME_SLOTS_DISABLED("some slots are disabled; which the device is in is not known"),
  LARGER_TABLE("a larger table would reach it"),
  NO_LARGER_TABLE("no table reaches beyond 4 GiB");

  private final String meaning;

  Named(String meaning) {
    this.meaning = meaning;
  }

  @Override
  public String meaning() {
    return meaning;
  }
}
