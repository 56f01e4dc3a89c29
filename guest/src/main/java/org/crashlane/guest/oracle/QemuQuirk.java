// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.Arrays;
import java.util.Optional;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.vtd.FaultReason;

/** Where QEMU 7.2's IOMMU is known to do other than the unit, and why. */
public enum QemuQuirk {
  /**
   * A reserved field in a context entry is recorded although the entry's FPD bit says no fault of
   * the requester is. QEMU's table of faults that FPD suppresses ({@code vtd_qualified_faults},
   * hw/i386/intel_iommu.c, from 2.0 on) leaves reason 0xb out, which in C makes it one that is not;
   * the manual's table of fault conditions lists LCT.3 as one that is.
   */
  RESERVED_CONTEXT_RECORDED_DESPITE_FPD {
    @Override
    boolean explains(Probe probe, Outcome outcome) {
      return outcome instanceof Outcome.Blocked(Fault fault)
          && fault.reason() == FaultReason.CONTEXT_RESERVED.code()
          && !fault.recorded()
          && probe.observed().equals(Comparison.record(fault));
    }
  };

  /** {@return the quirk by which QEMU did other than {@code outcome}, if one is known} */
  static Optional<QemuQuirk> explaining(Probe probe, Outcome outcome) {
    return Arrays.stream(values()).filter(quirk -> quirk.explains(probe, outcome)).findFirst();
  }

  abstract boolean explains(Probe probe, Outcome outcome);
}
