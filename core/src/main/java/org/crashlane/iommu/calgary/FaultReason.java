// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import java.util.Arrays;
import java.util.Optional;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.BlockReason;

/**
 * Why a PHB blocked a request. The codes are this project's own: of the chips' error registers it
 * is known only that they tell of an error.
 */
public enum FaultReason implements BlockReason {
  BEYOND_TABLE(1, "address beyond the end of the TCE table"),
  NO_ENTRY(2, "no TCE for the address"),
  NO_WRITE_PERMISSION(3, "TCE does not permit writes"),
  NO_READ_PERMISSION(4, "TCE does not permit reads"),
  TABLE_ACCESS(5, "error reading the TCE"),
  SLOT_DISABLED(6, "all slots of the PHB are disabled");

  private final int code;
  private final String meaning;

  FaultReason(int code, String meaning) {
    this.code = code;
    this.meaning = meaning;
  }

  /** {@return the reason with this code, or nothing for a code that is not known} */
  public static Optional<FaultReason> of(int code) {
    return Arrays.stream(values()).filter(reason -> reason.code == code).findFirst();
  }

  /** {@return its number in {@link org.crashlane.iommu.Fault}} */
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
