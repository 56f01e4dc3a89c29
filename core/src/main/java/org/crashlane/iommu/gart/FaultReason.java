// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import org.crashlane.iommu.Access;
import org.crashlane.iommu.BlockReason;

/**
 * Why a GART did not translate a request. The numbers are the extended error codes under which
 * northbridges log it in MC4_STATUS, in the words of Linux 6.0 drivers/edac/mce_amd.c.
 */
public enum FaultReason implements BlockReason {
  ENTRY_NOT_VALID(0x5, "invalid GART PTE entry during GART table walk"),

  /** That a table outside memory gives this code is not verified. */
  TABLE_ACCESS(0xf, "GART table walk data error");

  private final int code;
  private final String meaning;

  FaultReason(int code, String meaning) {
    this.code = code;
    this.meaning = meaning;
  }

  /** {@return the extended error code, 0 to 31} */
  public int code() {
    return code;
  }

  @Override
  public int number(Access access) {
    return code;
  }

  @Override
  public String meaning() {
    return meaning;
  }
}
