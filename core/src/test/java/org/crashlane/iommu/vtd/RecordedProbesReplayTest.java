// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crashlane.SharedData;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.ProbeFile;
import org.crashlane.iommu.vtd.RecordedProbes.Probe;
import org.crashlane.iommu.vtd.RecordedProbes.RecordedFault;
import org.crashlane.memory.AddressRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The unit against QEMU 7.2's, probe by probe. */
class RecordedProbesReplayTest {
  private static final AddressRange ARENA = new AddressRange(0x100000, 0x107fff);

  /** How a probe and the unit agree. The silent ones are QEMU's ways of showing nothing. */
  private enum Agreement {
    REACHED,
    BLOCKED,
    /** The entry's FPD bit keeps the fault from being recorded. */
    SILENT_FAULT_SUPPRESSED,
    /**
     * A difference, and QEMU's: the entry's FPD bit keeps the fault from being recorded, but QEMU
     * records reserved fields of context entries all the same. They are not in its table of the
     * faults that FPD suppresses (hw/i386/intel_iommu.c, vtd_qualified_faults).
     */
    RECORDED_IN_SPITE_OF_FPD,
    /** Where the request goes there is no memory: QEMU drops it. */
    SILENT_OUTSIDE_MEMORY,
    /** A read in the interrupt window gives zeros and is no DMA. */
    SILENT_INTERRUPT
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"oracle/qemu_vtd_aw_bits_39.jsonl.gz", "oracle/qemu_vtd_aw_bits_48.jsonl.gz"})
  void unitDoesWhatQemuDid(String path) {
    RecordedProbes recorded = RecordedProbes.read(SharedData.require(path));
    Map<Agreement, Integer> agreements = new EnumMap<>(Agreement.class);
    List<String> differences = new ArrayList<>();
    for (Probe probe : recorded.probes()) {
      Outcome outcome = unit(recorded, probe).translate(probe.request());
      agreement(recorded, probe, outcome)
          .ifPresentOrElse(
              agreement -> agreements.merge(agreement, 1, Integer::sum),
              () -> differences.add(outcome + " but recorded " + probe));
    }
    assertEquals(List.of(), differences);
    assertTrue(recorded.probes().size() >= 1900, "probes: " + recorded.probes().size());
    for (Agreement agreement : Agreement.values()) {
      assertTrue(agreements.containsKey(agreement), "never seen: " + agreement + " " + agreements);
    }
  }

  private static Iommu unit(RecordedProbes recorded, Probe probe) {
    Capabilities capabilities = recorded.capabilities();
    // QEMU has one width for IOVAs and for physical addresses.
    int hostAddressWidth = capabilities.maximumAddressWidth();
    return new Unit(UnitConfig.translating(capabilities, hostAddressWidth, recorded.root()))
        .uncached(new ProbeFile.ProbeMemory(recorded.ramBytes(), List.of(ARENA), probe.tables()));
  }

  private static Optional<Agreement> agreement(
      RecordedProbes recorded, Probe probe, Outcome outcome) {
    return switch (outcome) {
      case Outcome.Interrupt() ->
          silent(probe) ? Optional.of(Agreement.SILENT_INTERRUPT) : Optional.empty();
      case Outcome.Blocked(Fault fault) -> blocked(probe, fault);
      case Outcome.Reached(long physical) -> reached(recorded, probe, physical);
      case Outcome.Unknown _ -> Optional.empty();
    };
  }

  private static Optional<Agreement> blocked(Probe probe, Fault fault) {
    if (!fault.recorded() && silent(probe)) {
      return Optional.of(Agreement.SILENT_FAULT_SUPPRESSED);
    }
    RecordedFault ours =
        new RecordedFault(
            fault.request().iova() & -SecondLevelEntry.LARGEST.pageBytes(),
            fault.request().requester().value(),
            fault.reason(),
            fault.request().access());
    boolean same = probe.fault().equals(Optional.of(ours)) && probe.reached().isEmpty();
    if (same && !fault.recorded()) {
      return fault.reason() == FaultReason.CONTEXT_RESERVED.code()
          ? Optional.of(Agreement.RECORDED_IN_SPITE_OF_FPD)
          : Optional.empty();
    }
    return same ? Optional.of(Agreement.BLOCKED) : Optional.empty();
  }

  private static Optional<Agreement> reached(RecordedProbes recorded, Probe probe, long physical) {
    if (probe.reached().equals(Optional.of(physical))) {
      return Optional.of(Agreement.REACHED);
    }
    boolean outside = Long.compareUnsigned(physical, recorded.ramBytes()) >= 0;
    return silent(probe) && outside
        ? Optional.of(Agreement.SILENT_OUTSIDE_MEMORY)
        : Optional.empty();
  }

  private static boolean silent(Probe probe) {
    return probe.reached().isEmpty() && probe.fault().isEmpty();
  }
}
