// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.guest.QemuVersion;

/** Where an IOMMU of QEMU is known to do other than the unit, in which versions, and why. */
public sealed interface QemuQuirk permits AmdviQuirk, VtdQuirk {

  /** {@return its name} */
  String name();

  /** {@return why QEMU differs, in one line} */
  String reason();

  /** {@return the versions that it was seen in} */
  Seen seen();

  /** {@return true if {@code version} is taken to have it} */
  default boolean isOf(QemuVersion version) {
    return seen().in(version);
  }

  /** The versions that a quirk was seen in. Those between are taken to have it, too. */
  enum Seen {
    /** Any correction of 7.2 counts as the one that was tried. */
    IN_7_2("7.2.0", "7.2.22"),
    IN_10_0("10.0.2", "10.0.2"),
    FROM_7_2_TO_10_0("7.2.0", "10.0.2");

    private final String first;
    private final String last;

    Seen(String first, String last) {
      this.first = first;
      this.last = last;
    }

    /** {@return true if {@code version} is one of them, or between them} */
    boolean in(QemuVersion version) {
      return version.compareTo(QemuVersion.parse(first)) >= 0 && version.compareTo(last()) <= 0;
    }

    /** {@return the newest} */
    QemuVersion last() {
      return QemuVersion.parse(last);
    }
  }
}
