// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.vtd.FaultReason;

/**
 * Where QEMU 7.2's IOMMU is known to do other than the unit, and why. Each explains as little as it
 * can: whether a request is blocked, and whether that is recorded, is never left open.
 */
public enum QemuQuirk {
  /**
   * In scalable mode too, QEMU gives the reasons of legacy mode (hw/i386/intel_iommu.c,
   * VTD_FR_ROOT_ENTRY_P and the others up to VTD_FR_CONTEXT_ENTRY_TT); the manual has reasons of
   * its own for each step there.
   */
  LEGACY_REASONS_IN_SCALABLE_MODE {
    @Override
    boolean explains(Probe probe, Outcome outcome) {
      return outcome instanceof Outcome.Blocked(Fault fault)
          && FaultReason.of(fault.reason()).map(LEGACY::get).isPresent()
          && seenWith(LEGACY.get(FaultReason.of(fault.reason()).orElseThrow()), fault, probe);
    }
  },

  /**
   * Whatever is wrong with a PASID directory or table entry, QEMU 7.2 gives the one reason 0x58 for
   * it (VTD_FR_PASID_TABLE_INV), which FPD does not suppress. Later versions have the manual's
   * reasons.
   */
  ONE_REASON_FOR_PASID_TABLES {
    @Override
    boolean explains(Probe probe, Outcome outcome) {
      return outcome instanceof Outcome.Blocked(Fault fault)
          && FaultReason.of(fault.reason()).filter(PASID_REASONS::contains).isPresent()
          && probe.observed().equals(Comparison.record(with(FaultReason.PASID_ACCESS, fault)));
    }
  };

  private static final Map<FaultReason, FaultReason> LEGACY =
      Map.ofEntries(
          Map.entry(FaultReason.SCALABLE_ROOT_ACCESS, FaultReason.ROOT_ACCESS),
          Map.entry(FaultReason.SCALABLE_ROOT_NOT_PRESENT, FaultReason.ROOT_NOT_PRESENT),
          Map.entry(FaultReason.SCALABLE_CONTEXT_ACCESS, FaultReason.CONTEXT_ACCESS),
          Map.entry(FaultReason.SCALABLE_CONTEXT_NOT_PRESENT, FaultReason.CONTEXT_NOT_PRESENT),
          Map.entry(FaultReason.SCALABLE_CONTEXT_RESERVED, FaultReason.CONTEXT_RESERVED),
          Map.entry(FaultReason.SECOND_LEVEL_ADDRESS, FaultReason.ADDRESS_BEYOND_WIDTH),
          Map.entry(FaultReason.SECOND_LEVEL_POINTER, FaultReason.CONTEXT_INVALID),
          Map.entry(FaultReason.SECOND_LEVEL_ACCESS, FaultReason.TABLE_ACCESS),
          Map.entry(FaultReason.SECOND_LEVEL_RESERVED, FaultReason.ENTRY_RESERVED),
          Map.entry(FaultReason.SCALABLE_NO_READ, FaultReason.NO_READ_PERMISSION),
          Map.entry(FaultReason.SCALABLE_NO_WRITE, FaultReason.NO_WRITE_PERMISSION));

  private static final Set<FaultReason> PASID_REASONS =
      Set.of(
          FaultReason.DIRECTORY_ACCESS,
          FaultReason.DIRECTORY_NOT_PRESENT,
          FaultReason.PASID_ACCESS,
          FaultReason.PASID_NOT_PRESENT,
          FaultReason.PASID_INVALID);

  /** {@return the quirk by which QEMU did other than {@code outcome}, if one is known} */
  static Optional<QemuQuirk> explaining(Probe probe, Outcome outcome) {
    return Arrays.stream(values()).filter(quirk -> quirk.explains(probe, outcome)).findFirst();
  }

  abstract boolean explains(Probe probe, Outcome outcome);

  private static boolean seenWith(FaultReason reason, Fault fault, Probe probe) {
    return fault.recorded() && probe.observed().equals(Comparison.record(with(reason, fault)));
  }

  private static Fault with(FaultReason reason, Fault fault) {
    return new Fault(fault.request(), reason.code(), reason.meaning(), fault.recorded());
  }
}
