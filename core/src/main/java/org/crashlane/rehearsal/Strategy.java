// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.Locale;
import org.crashlane.rule.Finding;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;

/** What is done about the crash. */
public enum Strategy {
  NONE("nothing is set up, the capture kernel looks at no IOMMU", true),
  RESERVE("the crash range is kept out of what the IOMMU hands out, and no more", true),
  IDENTITY("the crash range is identity-mapped beforehand: the rule", true),
  ADOPT("the capture kernel takes over the old tables", false),
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

  /**
   * {@return true if a finding on the tables before the crash counts under this strategy}
   *
   * <p>A capture kernel that takes the IOMMU over has addresses and interrupts of its own, so that
   * the mapping it finds for the dump path is no matter. What counts all the same: memory that it
   * needs itself; firmware's regions, which it maps anew; where leftovers would go without
   * translation. One that copies the tables goes on with all that others reach by them; one that
   * switches the IOMMU off gives devices physical addresses, which they have to reach.
   */
  boolean heeds(Finding finding) {
    return blind
        || switch (finding.code()) {
          case F1, L2 -> true;
          case B4 -> finding.subject() == Part.CAPTURE_KERNEL || this == OFF;
          case B1 -> this == OFF;
          case G1, L1, L3 -> this == ADOPT;
          // Worth knowing, whoever reads the tables; what could not be read is no matter.
          case W1 -> finding.severity() == Severity.NOTE;
          case A1,
              A2,
              A3,
              A4,
              A5,
              A6,
              A7,
              B2,
              B3,
              C1,
              C2,
              C3,
              C4,
              C5,
              C6,
              D1,
              D2,
              D3,
              M1,
              M2,
              M3,
              P1 ->
              false;
        };
  }

  /** {@return the verdict by what counts under this strategy} See {@link #heeds}. */
  public Verdict heeded(Verdict tablesBeforeCrash) {
    return Verdict.of(tablesBeforeCrash.findings().stream().filter(this::heeds).toList());
  }

  /** {@return the name that users write} */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
