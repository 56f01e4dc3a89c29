// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.vtd.ContextEntry;
import org.crashlane.iommu.vtd.FaultReason;
import org.crashlane.iommu.vtd.PasidDirectoryEntry;
import org.crashlane.iommu.vtd.PasidTableEntry;
import org.crashlane.iommu.vtd.ScalableContextEntry;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.pci.RequesterId;

/**
 * Where the Intel IOMMU of QEMU is known to do other than the unit, and why. Each explains as
 * little as it can: whether a request is blocked, and whether that is recorded, is never left open.
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
      Seen.FROM_7_2_TO_10_0,
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
  LEGACY_REASONS_IN_SCALABLE_MODE(
      Seen.FROM_7_2_TO_10_0, "QEMU has legacy mode's reasons in scalable mode too") {
    @Override
    boolean explains(Probe probe, Outcome outcome, Comparison comparison) {
      return outcome instanceof Outcome.Blocked(Fault fault)
          && FaultReason.of(fault.reason()).map(LEGACY::get).isPresent()
          && seenWith(LEGACY.get(FaultReason.of(fault.reason()).orElseThrow()), fault, probe);
    }
  },

  /**
   * Whatever is wrong with a PASID directory or table entry, QEMU gives the one reason 0x58 for it
   * (VTD_FR_PASID_TABLE_INV), which FPD does not suppress. QEMU 10.0 has the manual's reasons.
   */
  ONE_REASON_FOR_PASID_TABLES(
      Seen.IN_7_2,
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
      Seen.FROM_7_2_TO_10_0,
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
  },

  /**
   * FPD of PASID directory and table entries is looked for only where the way through them is sound
   * (vtd_dev_to_context_entry() in hw/i386/intel_iommu.c returns before), and that one of them
   * cannot be read (0x50, 0x58) is recorded in any case (vtd_qualified_faults).
   */
  PASID_TABLES_IN_SPITE_OF_FPD(
      Seen.IN_10_0, "QEMU records what is wrong with PASID tables in spite of their FPD bits") {
    @Override
    boolean explains(Probe probe, Outcome outcome, Comparison comparison) {
      return outcome instanceof Outcome.Blocked(Fault fault)
          && !fault.recorded()
          && FaultReason.of(fault.reason()).filter(PASID_REASONS::contains).isPresent()
          && hasFpd(probe, fault)
          && probe.observed().equals(Comparison.record(fault));
    }
  },

  /** vtd_get_pe_in_pasid_leaf_table() looks at the type, and its caller then at P. */
  PASID_TYPE_BEFORE_PRESENCE(
      Seen.IN_10_0, "QEMU looks at the type of a PASID table entry before its present bit") {
    @Override
    boolean explains(Probe probe, Outcome outcome, Comparison comparison) {
      return outcome instanceof Outcome.Blocked(Fault fault)
          && fault.reason() == FaultReason.PASID_NOT_PRESENT.code()
          && probe.observed().equals(Comparison.record(with(FaultReason.PASID_INVALID, fault)));
    }
  },

  /** vtd_get_pe_in_pasid_leaf_table() looks at AW in entries for second-level tables alone. */
  PASS_THROUGH_OF_ANY_WIDTH(
      Seen.IN_10_0, "QEMU does not look at AW where a PASID table entry lets requests pass") {
    @Override
    boolean explains(Probe probe, Outcome outcome, Comparison comparison) {
      return outcome instanceof Outcome.Blocked(Fault fault)
          && fault.reason() == FaultReason.PASID_INVALID.code()
          && PasidTableEntry.PGTT.get(
                  ContextWord.pasid(probe.tables(), fault.request().requester(), 0))
              == PasidTableEntry.PGTT_PASS_THROUGH
          && comparison.agrees(probe, new Outcome.Reached(probe.tables().iova()));
    }
  },

  /**
   * TM in leaves is reserved, also on a unit with device TLBs, unless the option {@code stale-tm}
   * is on. QEMU's authors have it from revision 3.2 of the manual, which took the field away; the
   * unit goes by those before. No Linux sets it.
   */
  TRANSIENT_MAPPING_RESERVED(
      Seen.IN_10_0, "QEMU follows a later manual, in which TM is reserved on all units") {
    @Override
    boolean explains(Probe probe, Outcome outcome, Comparison comparison) {
      Outcome reserved = comparison.outcome(withTransientMappingReserved(probe));
      return !outcome.equals(reserved)
          && (comparison.agrees(probe, reserved)
              || LEGACY_REASONS_IN_SCALABLE_MODE.explains(probe, reserved, comparison));
    }
  },

  /**
   * At each level U/S and R/W are looked at before reserved fields and before the next table
   * (vtd_iova_to_flpte() in hw/i386/intel_iommu.c). The unit goes on to the leaf, as a processor
   * does, and has another reason if there is something else wrong on the way.
   */
  FIRST_LEVEL_RIGHTS_FIRST(
      Seen.IN_10_0, "QEMU looks at the rights of each first-level entry before anything else") {
    @Override
    boolean explains(Probe probe, Outcome outcome, Comparison comparison) {
      return outcome instanceof Outcome.Blocked(Fault fault)
          && FirstLevelAsQemu.of(probe, fault.request(), comparison)
              .filter(qemu ->
                  qemu.blockedFor(FaultReason.USER_PRIVILEGE)
                      || qemu.blockedFor(FaultReason.SCALABLE_NO_WRITE))
              .filter(qemu -> !qemu.blockedFor(fault.why()))
              .filter(qemu -> qemu.saw(probe, comparison))
              .isPresent();
    }
  },

  /** vtd_iova_fl_check_canonical() takes the address width of second-level tables (AW). */
  CANONICAL_BY_SECOND_LEVEL_WIDTH(
      Seen.IN_10_0, "QEMU takes first-level addresses for canonical by the field AW") {
    @Override
    boolean explains(Probe probe, Outcome outcome, Comparison comparison) {
      return FirstLevelAsQemu.of(probe, comparison.request(probe), comparison)
          .filter(qemu -> qemu.blockedFor(FaultReason.NOT_CANONICAL))
          .filter(FirstLevelAsQemu::isNarrow)
          .filter(qemu -> qemu.saw(probe, comparison))
          .isPresent();
    }
  },

  /** vtd_is_last_pte() looks at PS alone, whatever CAP.FL1GP says. */
  FIRST_LEVEL_GIBIBYTE_PAGES(
      Seen.IN_10_0, "QEMU takes first-level pages of 1 GiB, though CAP says that it has none") {
    @Override
    boolean explains(Probe probe, Outcome outcome, Comparison comparison) {
      return outcome instanceof Outcome.Blocked(Fault fault)
          && fault.reason() == FaultReason.FIRST_LEVEL_RESERVED.code()
          && !comparison.hasFirstLevelGibibytePages()
          && FirstLevelAsQemu.of(probe, fault.request(), comparison)
              .filter(FirstLevelAsQemu::endsInGibibytePage)
              .filter(qemu -> qemu.saw(probe, comparison))
              .isPresent();
    }
  },

  /** It has no reason 0x52 nor 0x5a. */
  RESERVED_FIELDS_OF_PASID_TABLES(
      Seen.IN_10_0, "QEMU does not look at reserved fields of PASID tables") {
    @Override
    boolean explains(Probe probe, Outcome outcome, Comparison comparison) {
      return outcome instanceof Outcome.Blocked(Fault fault)
          && FaultReason.of(fault.reason()).filter(RESERVED::contains).isPresent()
          && FirstLevelAsQemu.of(probe, fault.request(), comparison)
              .filter(qemu -> qemu.saw(probe, comparison))
              .isPresent();
    }
  },

  /** vtd_do_iommu_translate() blocks all of a page of which part is in the interrupt range. */
  PAGES_REACHING_INTO_INTERRUPT_RANGE(
      Seen.IN_10_0, "QEMU blocks all of a large page that the interrupt range is in") {
    @Override
    boolean explains(Probe probe, Outcome outcome, Comparison comparison) {
      return outcome instanceof Outcome.Reached
          && FirstLevelAsQemu.of(probe, comparison.request(probe), comparison)
              .filter(qemu -> qemu.blockedFor(FaultReason.SCALABLE_INTERRUPT_RANGE))
              .filter(qemu -> qemu.saw(probe, comparison))
              .isPresent();
    }
  };

  private static final Set<FaultReason> RESERVED =
      Set.of(FaultReason.DIRECTORY_RESERVED, FaultReason.PASID_RESERVED);

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

  /** An address bit that is beyond the width of every unit here. */
  private static final long TOO_HIGH = 1L << 51;

  private final Seen seen;
  private final String reason;

  VtdQuirk(Seen seen, String reason) {
    this.seen = seen;
    this.reason = reason;
  }

  @Override
  public String reason() {
    return reason;
  }

  @Override
  public Seen seen() {
    return seen;
  }

  /** {@return the quirk by which QEMU did other than {@code outcome}, if one is known} */
  static Optional<QemuQuirk> explaining(Probe probe, Outcome outcome, Comparison comparison) {
    return Arrays.stream(values())
        .filter(quirk -> quirk.isOf(comparison.version()))
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

  /** An access that fails is recorded in spite of the context entry's FPD bit, too. */
  private static boolean hasFpd(Probe probe, Fault fault) {
    ProbeCase tables = probe.tables();
    RequesterId requester = fault.request().requester();
    return ScalableContextEntry.FPD.isSet(ContextWord.scalable(tables, requester))
        || PasidDirectoryEntry.FPD.isSet(ContextWord.directory(tables, requester))
        || PasidTableEntry.FPD.isSet(ContextWord.pasid(tables, requester, 0));
  }

  /** {@return the same with a bit that any unit takes for reserved where TM is set} */
  private static Probe withTransientMappingReserved(Probe probe) {
    ProbeCase tables = probe.tables();
    List<TableWord> words =
        tables.words().stream()
            .map(word ->
                SecondLevelEntry.TM.isSet(word.value())
                    ? new TableWord(
                        word.address(), SecondLevelEntry.TM.with(word.value(), 0) | TOO_HIGH)
                    : word)
            .toList();
    return new Probe(
        new ProbeCase(tables.id(), tables.root(), words, tables.iova()),
        probe.access(),
        probe.observed());
  }

  private static boolean seenWith(FaultReason reason, Fault fault, Probe probe) {
    return fault.recorded() && probe.observed().equals(Comparison.record(with(reason, fault)));
  }

  private static Fault with(FaultReason reason, Fault fault) {
    return new Fault(fault.request(), reason, fault.recorded());
  }
}
