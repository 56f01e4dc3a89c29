// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec;

/** Whose behaviour the primary kernel's mapping drivers have, where kernels differ. */
public enum Era {
  /** Linux 2.6.27, the kernel of the proposal. */
  LINUX_2_6_27("2.6.27"),
  /** Linux 6. */
  LINUX_6("today");

  private final String label;

  Era(String label) {
    this.label = label;
  }

  /** {@return the name that users write} */
  public String label() {
    return label;
  }
}
