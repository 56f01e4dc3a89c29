// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The VT-d unit's first-level tables against QEMU's, live: QEMU has them since 10.0. */
@Tag("qemu")
class FirstLevelOracleTest {
  private static final String OPTIONS = "aw-bits=48,x-scalable-mode=on,x-flts=on";
  private static final long PROBES_OF_AN_OPTION = 2_000;

  private static final Set<QemuQuirk> QUIRKS =
      Set.of(
          VtdQuirk.LEGACY_REASONS_IN_SCALABLE_MODE,
          VtdQuirk.PASID_TABLES_IN_SPITE_OF_FPD,
          VtdQuirk.PASID_TYPE_BEFORE_PRESENCE,
          VtdQuirk.FIRST_LEVEL_RIGHTS_FIRST,
          VtdQuirk.CANONICAL_BY_SECOND_LEVEL_WIDTH,
          VtdQuirk.RESERVED_FIELDS_OF_PASID_TABLES,
          VtdQuirk.PAGES_REACHING_INTO_INTERRUPT_RANGE);

  @Test
  void unitDoesAsQemuButForItsQuirks() throws IOException {
    try (IommuMachine machine = VtdMachine.startFirstLevel(OPTIONS, Live.SEED)) {
      CaseSource cases = new FirstLevelCases(machine.description());
      Set<String> seen = new TreeSet<>();
      ReplayResult result =
          Live.compare(
              machine, VtdUnits.FACTORY, cases, Live.PROBES, probe -> seen.add(Live.kind(probe)));
      assertTrue(result.probeCount() >= Live.PROBES);
      if (Live.PROBES >= Live.ENOUGH_FOR_EVERY_KIND) {
        assertEquals(QUIRKS, result.explained().keySet());
        assertEquals(everyKindOfObservation(), seen);
      }
    }
  }

  @Test
  void unitWithoutGibibytePagesDoesAsQemuButForThem() throws IOException {
    try (IommuMachine machine = VtdMachine.startFirstLevel(OPTIONS + ",fs1gp=off", Live.SEED)) {
      CaseSource cases = new FirstLevelCases(machine.description());
      ReplayResult result =
          Live.compare(machine, VtdUnits.FACTORY, cases, PROBES_OF_AN_OPTION, _ -> {});
      assertTrue(result.explained().containsKey(VtdQuirk.FIRST_LEVEL_GIBIBYTE_PAGES));
    }
  }

  @Test
  void unitThatForbidsWritesIsFoundOutAndTheCaseShrunk() throws IOException {
    try (IommuMachine machine = VtdMachine.startFirstLevel(OPTIONS, Live.SEED)) {
      UnitFactory mutants = CommonMutant.FORBIDS_WRITES.over(VtdUnits.FACTORY);
      Live.assertFoundOut(machine, mutants, new FirstLevelCases(machine.description()));
    }
  }

  @Test
  void recordedProbesReplay(@TempDir Path temporary) throws IOException {
    try (IommuMachine machine = VtdMachine.startFirstLevel(OPTIONS, Live.SEED)) {
      CaseSource cases = new FirstLevelCases(machine.description());
      Live.assertReplays(
          machine, VtdUnits.FACTORY, cases, temporary, "vtd-48-first-level.jsonl.gz");
    }
  }

  /** Reasons in decimals: 0x70 to 0x73, 0x80, 0x81, 0x85, 0x87, and those of the way there. */
  private static Set<String> everyKindOfObservation() {
    return new TreeSet<>(
        Set.of(
            "landed",
            "nothing",
            "fault 2",
            "fault 81",
            "fault 88",
            "fault 89",
            "fault 91",
            "fault 112",
            "fault 113",
            "fault 114",
            "fault 115",
            "fault 128",
            "fault 129",
            "fault 133",
            "fault 135"));
  }
}
