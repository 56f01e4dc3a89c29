// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

/** Whether something is so, where that may not be known: unknown is not no. */
public enum Known {
  YES,
  NO,
  UNKNOWN;

  /** {@return {@link #YES} or {@link #NO}} */
  public static Known of(boolean value) {
    return value ? YES : NO;
  }
}
