// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.vtd.ContextEntry;
import org.crashlane.iommu.vtd.FaultReason;
import org.crashlane.iommu.vtd.ScalableContextEntry;
import org.crashlane.pci.RequesterId;

/**
 * Where QEMU 7.2's Intel IOMMU is known to do other than the unit, and why. Each explains as little
 * as it can: whether a request is blocked, and whether that is recorded, is never left open.
 */
public enum VtdQuirk implements QemuQuirk {
  /**
   * A reserved bit set in a present context entry is recorded even where that entry's FPD bit is
   * one. QEMU's table of the faults that FPD suppresses (hw/i386/intel_iommu.c,
   * vtd_qualified_faults) has no line for VTD_FR_CONTEXT_ENTRY_RSVD, and what it leaves out is
   * always recorded. Nothing says that it is meant: the entry is known by then, as it is for the
   * conditions before and after this one, and VirtualBox has it among those suppressed.
   */
  RESERVED_CONTEXT_FIELD_IN_SPITE_OF_FPD(
      "QEMU's table of faults that FPD suppresses leaves out reserved fields of context entries") {
    @Override
    boolean explains(Probe probe, Outcome outcome, Comparison comparison) {
      return outcome instanceof Outcome.Blocked(Fault fault)
          && !fault.recorded()
          && isReservedInContextWithFpd(probe, fault)
          && probe.observed().equals(Comparison.record(with(FaultReason.CONTEXT_RESERVED, fault)));
    }
  },

  /**
   * In scalable mode too, QEMU gives the reasons of legacy mode (hw/i386/intel_iommu.c,
   * VTD_FR_ROOT_ENTRY_P and the others up to VTD_FR_CONTEXT_ENTRY_TT); the manual has reasons of
   * its own for each step there.
   */
  LEGACY_REASONS_IN_SCALABLE_MODE("QEMU has legacy mode's reasons in scalable mode too") {
    @Override
    boolean explains(Probe probe, Outcome outcome, Comparison comparison) {
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
  ONE_REASON_FOR_PASID_TABLES(
      "QEMU has one reason, never suppressed, for all that is wrong with PASID tables") {
    @Override
    boolean explains(Probe probe, Outcome outcome, Comparison comparison) {
      return outcome instanceof Outcome.Blocked(Fault fault)
          && FaultReason.of(fault.reason()).filter(PASID_REASONS::contains).isPresent()
          && probe.observed().equals(Comparison.record(with(FaultReason.PASID_ACCESS, fault)));
    }
  },

  /**
   * A QEMU that has scalable mode takes SNP in leaves, in legacy mode as well, although it says in
   * ECAP.SC that it has no snoop control and the manual then reserves the bit ("intel-iommu: ignore
   * leaf SNP bit in scalable mode"): because Linux sets it in scalable mode (6c00612d0cba1). In
   * legacy mode the unit goes by the manual; in scalable mode it is not known what hardware does,
   * and so the unit says.
   */
  SNOOP_TAKEN_IN_SPITE_OF_ECAP(
      "QEMU with scalable mode takes SNP in leaves, though ECAP says that it has no snoop"
          + " control") {
    @Override
    boolean explains(Probe probe, Outcome outcome, Comparison comparison) {
      Outcome withSnoop = comparison.outcome(probe, VtdUnits.WITH_SNOOP_CONTROL);
      return comparison.hasScalableMode()
          && outcome.equals(comparison.outcome(probe, VtdUnits.FACTORY))
          && !outcome.equals(withSnoop)
          && (comparison.agrees(probe, withSnoop)
              || explaining(probe, withSnoop, comparison).isPresent());
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

  private final String reason;

  VtdQuirk(String reason) {
    this.reason = reason;
  }

  @Override
  public String reason() {
    return reason;
  }

  /** {@return the quirk by which QEMU did other than {@code outcome}, if one is known} */
  static Optional<QemuQuirk> explaining(Probe probe, Outcome outcome, Comparison comparison) {
    return Arrays.stream(values())
        .filter(quirk -> quirk.explains(probe, outcome, comparison))
        .findFirst()
        .map(QemuQuirk.class::cast);
  }

  abstract boolean explains(Probe probe, Outcome outcome, Comparison comparison);

  /** Looks into the tables: that the unit does not record the fault is not taken for the reason. */
  private static boolean isReservedInContextWithFpd(Probe probe, Fault fault) {
    ProbeCase tables = probe.tables();
    RequesterId requester = fault.request().requester();
    if (fault.reason() == FaultReason.CONTEXT_RESERVED.code()) {
      return ContextEntry.FPD.isSet(ContextWord.legacy(tables, requester));
    }
    return fault.reason() == FaultReason.SCALABLE_CONTEXT_RESERVED.code()
        && ScalableContextEntry.FPD.isSet(ContextWord.scalable(tables, requester));
  }

  private static boolean seenWith(FaultReason reason, Fault fault, Probe probe) {
    return fault.recorded() && probe.observed().equals(Comparison.record(with(reason, fault)));
  }

  private static Fault with(FaultReason reason, Fault fault) {
    return new Fault(fault.request(), reason, fault.recorded());
  }
}
