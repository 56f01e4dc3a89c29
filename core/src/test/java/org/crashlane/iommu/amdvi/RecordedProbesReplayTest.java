// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.crashlane.SharedData;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.ProbeFile;
import org.crashlane.iommu.Request;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.junit.jupiter.api.Test;

/** The unit against QEMU 7.2's, probe by probe: where requests go, and whether they do. */
class RecordedProbesReplayTest {
  private static final AddressRange ARENA = new AddressRange(0x100000, 0x10ffff);
  private static final AddressRange DEVICE_TABLE = new AddressRange(0x200000, 0x3fffff);

  /** How a probe and the unit agree. QEMU 7.2 logs no event that could be compared. */
  private enum Agreement {
    REACHED,
    BLOCKED,
    /** Where the request goes there is no memory: QEMU drops it. */
    SILENT_OUTSIDE_MEMORY,
    /** Read where words do not tell their address: in the device table. */
    SILENT_UNTAGGED,
    /**
     * A difference, and QEMU's: of an entry with V but not TV it takes IR and IW for valid, and
     * lets requests pass untranslated (hw/i386/amd_iommu.c, amdvi_page_walk).
     */
    PASSES_WITHOUT_TV,
    /**
     * A difference, and QEMU's: of the entry that maps the page it does not look at PR, only of
     * those above (the same).
     */
    GOES_BY_ABSENT_LEAF
  }

  @Test
  void unitDoesWhatQemuDid() {
    ProbeFile file = ProbeFile.read(SharedData.require("oracle/qemu_amdvi.jsonl.gz"));
    Capabilities capabilities = new Capabilities(file.machine().hex("ext"), 0);
    UnitConfig config = UnitConfig.translating(capabilities, 52, file.machine().hex("devtab"));
    Map<Agreement, Integer> agreements = new EnumMap<>(Agreement.class);
    List<String> differences = new ArrayList<>();
    for (ProbeFile.Line probe : file.probes()) {
      Request request = probe.request(file.requester());
      Outcome outcome = translate(file, config, probe.tables(), request);
      agreement(file, config, probe, request, outcome)
          .ifPresentOrElse(
              agreement -> agreements.merge(agreement, 1, Integer::sum),
              () -> differences.add(outcome + " but recorded " + probe));
    }
    assertEquals(List.of(), differences);
    assertEquals(2000, file.probes().size());
    Set<Agreement> seen = agreements.keySet();
    assertEquals(EnumSet.allOf(Agreement.class), seen, agreements.toString());
  }

  private static Outcome translate(
      ProbeFile file, UnitConfig config, Map<Long, Long> tables, Request request) {
    PhysicalMemory memory =
        new ProbeFile.ProbeMemory(file.ramBytes(), List.of(ARENA, DEVICE_TABLE), tables);
    return new Unit(config).uncached(memory).translate(request);
  }

  /** {@return where the request would go if all entries of page tables were present} */
  private static Optional<Long> wouldReach(
      ProbeFile file, UnitConfig config, ProbeFile.Line probe, Request request) {
    Map<Long, Long> present = probe.tables();
    present.replaceAll((at, word) -> ARENA.contains(at) ? PageTableEntry.PR.with(word, 1) : word);
    return translate(file, config, present, request) instanceof Outcome.Reached(long physical)
        ? Optional.of(physical)
        : Optional.empty();
  }

  private static Optional<Agreement> agreement(
      ProbeFile file, UnitConfig config, ProbeFile.Line probe, Request request, Outcome outcome) {
    Optional<Long> reached = probe.reached();
    return switch (outcome) {
      case Outcome.Reached(long physical) when reached.equals(Optional.of(physical)) ->
          Optional.of(Agreement.REACHED);
      case Outcome.Reached(long physical)
          when reached.isEmpty() && Long.compareUnsigned(physical, file.ramBytes()) >= 0 ->
          Optional.of(Agreement.SILENT_OUTSIDE_MEMORY);
      case Outcome.Reached(long physical)
          when reached.isEmpty()
              && request.access() == Access.READ
              && DEVICE_TABLE.contains(physical) ->
          Optional.of(Agreement.SILENT_UNTAGGED);
      case Outcome.Blocked _ when reached.isEmpty() -> Optional.of(Agreement.BLOCKED);
      case Outcome.Blocked(var fault)
          when fault.why() == FaultReason.TRANSLATION_INVALID
              && reached.equals(Optional.of(request.iova())) ->
          Optional.of(Agreement.PASSES_WITHOUT_TV);
      case Outcome.Blocked(var fault)
          when fault.why() == FaultReason.NOT_PRESENT
              && reached.equals(wouldReach(file, config, probe, request)) ->
          Optional.of(Agreement.GOES_BY_ABSENT_LEAF);
      case Outcome.Reached _, Outcome.Blocked _, Outcome.Interrupt _, Outcome.Unknown _ ->
          Optional.empty();
    };
  }
}
