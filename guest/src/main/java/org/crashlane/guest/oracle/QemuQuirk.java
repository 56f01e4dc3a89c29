// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.Arrays;
import java.util.Optional;
import org.crashlane.iommu.Outcome;

/** Where QEMU 7.2's IOMMU is known to do other than the unit, and why. */
public enum QemuQuirk {
  NONE {
    @Override
    boolean explains(Probe probe, Outcome outcome) {
      return false;
    }
  };

  /** {@return the quirk by which QEMU did other than {@code outcome}, if one is known} */
  static Optional<QemuQuirk> explaining(Probe probe, Outcome outcome) {
    return Arrays.stream(values()).filter(quirk -> quirk.explains(probe, outcome)).findFirst();
  }

  abstract boolean explains(Probe probe, Outcome outcome);
}
