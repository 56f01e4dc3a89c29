// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The AMD-Vi unit against QEMU's, live. */
@Tag("qemu")
class AmdviOracleTest {
  private static final long PROBES_OF_AN_OPTION = 2_000;

  @BeforeAll
  static void needsQemu() {
    Qemu.assumeInstalled();
  }

  @Test
  void unitDoesAsQemuButForItsQuirks() throws IOException {
    try (IommuMachine machine = AmdviMachine.start("", Live.SEED)) {
      CaseSource cases = new AmdviCases(machine.description());
      ReplayResult result = Live.compare(machine, AmdviUnits.FACTORY, cases, Live.PROBES, _ -> {});
      assertTrue(result.probeCount() >= Live.PROBES);
      if (Live.PROBES >= Live.ENOUGH_FOR_EVERY_KIND) {
        assertEquals(Set.of(AmdviQuirk.values()), result.explained().keySet());
      }
    }
  }

  /** That interrupts are remapped changes nothing for DMA. */
  @Test
  void unitDoesAsQemuWithInterruptRemapping() throws IOException {
    try (IommuMachine machine = AmdviMachine.start("intremap=on", Live.SEED)) {
      CaseSource cases = new AmdviCases(machine.description());
      Live.compare(machine, AmdviUnits.FACTORY, cases, PROBES_OF_AN_OPTION, _ -> {});
    }
  }

  @Test
  void unitThatForbidsWritesIsFoundOutAndTheCaseShrunk() throws IOException {
    try (IommuMachine machine = AmdviMachine.start("", Live.SEED)) {
      UnitFactory mutants = CommonMutant.FORBIDS_WRITES.over(AmdviUnits.FACTORY);
      Live.assertFoundOut(machine, mutants, new AmdviCases(machine.description()));
    }
  }

  @Test
  void recordedProbesReplay(@TempDir Path temporary) throws IOException {
    try (IommuMachine machine = AmdviMachine.start("", Live.SEED)) {
      CaseSource cases = new AmdviCases(machine.description());
      Live.assertReplays(machine, AmdviUnits.FACTORY, cases, temporary, "amdvi.jsonl.gz");
    }
  }
}
