// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.Locale;

/** What is done about the crash. */
public enum Strategy {
  NONE("nothing is set up, the capture kernel looks at no IOMMU", true),
  RESERVE("the crash range is kept out of what the IOMMU hands out, and no more", true),
  IDENTITY("the crash range is identity-mapped beforehand: the rule", true),
  ADOPT("the capture kernel copies the old tables", false),
  OFF("the capture kernel switches the IOMMU off", false),
  ABORT("the capture kernel blocks all DMA first", false),
  RESET("devices are reset first, then the IOMMU is started afresh", false);

  private final String meaning;
  private final boolean blind;

  Strategy(String meaning, boolean blind) {
    this.meaning = meaning;
    this.blind = blind;
  }

  /** {@return what it does, in a clause} */
  public String meaning() {
    return meaning;
  }

  /** {@return true if the capture kernel is kept from seeing the IOMMU (rule C)} */
  public boolean blind() {
    return blind;
  }

  /** {@return the name that users write} */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
