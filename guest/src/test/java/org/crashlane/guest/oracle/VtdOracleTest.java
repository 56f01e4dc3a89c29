// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The VT-d unit against QEMU's, live. */
@Tag("qemu")
class VtdOracleTest {
  private static final long PROBES_OF_AN_OPTION = 2_000;
  private static final Set<QemuQuirk> LEGACY_QUIRKS =
      Set.of(VtdQuirk.RESERVED_CONTEXT_FIELD_IN_SPITE_OF_FPD);

  @BeforeAll
  static void needsQemu() {
    Qemu.assumeInstalled();
  }

  @ParameterizedTest
  @ValueSource(strings = {"aw-bits=39", "aw-bits=48"})
  void unitDoesAsQemuInLegacyMode(String options) throws IOException {
    try (IommuMachine machine = VtdMachine.start(options, Rtaddr.TTM_LEGACY, Live.SEED)) {
      Set<String> seen = new TreeSet<>();
      ReplayResult result = compare(machine, Live.PROBES, probe -> seen.add(Live.kind(probe)));
      assertTrue(result.probeCount() >= Live.PROBES);
      Set<QemuQuirk> explained = result.explained().keySet();
      assertTrue(LEGACY_QUIRKS.containsAll(explained), explained::toString);
      if (Live.PROBES >= Live.ENOUGH_FOR_EVERY_KIND) {
        assertEquals(LEGACY_QUIRKS, explained);
        assertEquals(everyKindOfObservation(), seen);
      }
    }
  }

  /** What each option changes in the capability registers, and so in what is reserved. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "aw-bits=48,snoop-control=on",
        "aw-bits=48,device-iotlb=on",
        "aw-bits=48,pt=off",
        "aw-bits=39,caching-mode=on",
        "aw-bits=48,x-scalable-mode=on"
      })
  void unitDoesAsQemuWithOptions(String options) throws IOException {
    try (IommuMachine machine = VtdMachine.start(options, Rtaddr.TTM_LEGACY, Live.SEED)) {
      compare(machine, PROBES_OF_AN_OPTION, _ -> {});
    }
  }

  /** QEMU takes SNP in leaves then, whether or not it says so in ECAP.SC. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "aw-bits=48,x-scalable-mode=on",
        "aw-bits=48,x-scalable-mode=on,snoop-control=on",
        "aw-bits=39,x-scalable-mode=on,device-iotlb=on"
      })
  void unitDoesAsQemuInScalableMode(String options) throws IOException {
    try (IommuMachine machine = VtdMachine.start(options, Rtaddr.TTM_SCALABLE, Live.SEED)) {
      CaseSource cases = new ScalableCases(machine.description());
      ReplayResult result =
          Live.compare(machine, VtdUnits.FACTORY, cases, PROBES_OF_AN_OPTION, _ -> {});
      assertEquals(scalableQuirks(machine.description()), result.explained().keySet());
    }
  }

  private static Set<QemuQuirk> scalableQuirks(ProbeMachine machine) {
    Set<QemuQuirk> quirks = new HashSet<>(Set.of(VtdQuirk.LEGACY_REASONS_IN_SCALABLE_MODE));
    quirks.addAll(LEGACY_QUIRKS);
    if (!machine.options().contains("snoop-control=on")) {
      quirks.add(VtdQuirk.SNOOP_TAKEN_IN_SPITE_OF_ECAP);
    }
    if (QemuQuirk.Seen.IN_7_2.in(machine.version())) {
      quirks.add(VtdQuirk.ONE_REASON_FOR_PASID_TABLES);
      return quirks;
    }
    quirks.add(VtdQuirk.PASID_TABLES_IN_SPITE_OF_FPD);
    quirks.add(VtdQuirk.PASID_TYPE_BEFORE_PRESENCE);
    if (machine.options().contains("aw-bits=39")) {
      quirks.add(VtdQuirk.PASS_THROUGH_OF_ANY_WIDTH);
    }
    if (machine.options().contains("device-iotlb=on")) {
      quirks.add(VtdQuirk.TRANSIENT_MAPPING_RESERVED);
    }
    return quirks;
  }

  @Test
  void unitThatForbidsWritesIsFoundOutAndTheCaseShrunk() throws IOException {
    try (IommuMachine machine = VtdMachine.start("aw-bits=48", Rtaddr.TTM_LEGACY, Live.SEED)) {
      UnitFactory mutants = CommonMutant.FORBIDS_WRITES.over(VtdUnits.FACTORY);
      Live.assertFoundOut(machine, mutants, new LegacyCases(machine.description()));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {39, 48})
  void recordedProbesReplay(int width, @TempDir Path temporary) throws IOException {
    try (IommuMachine machine =
        VtdMachine.start("aw-bits=" + width, Rtaddr.TTM_LEGACY, Live.SEED)) {
      CaseSource cases = new LegacyCases(machine.description());
      String name = "vtd-" + width + ".jsonl.gz";
      Live.assertReplays(machine, VtdUnits.FACTORY, cases, temporary, name);
    }
  }

  @Test
  void recordedProbesOfScalableModeReplay(@TempDir Path temporary) throws IOException {
    String options = "aw-bits=48,x-scalable-mode=on";
    try (IommuMachine machine = VtdMachine.start(options, Rtaddr.TTM_SCALABLE, Live.SEED)) {
      CaseSource cases = new ScalableCases(machine.description());
      String name = "vtd-48-scalable.jsonl.gz";
      Live.assertReplays(machine, VtdUnits.FACTORY, cases, temporary, name);
    }
  }

  private static ReplayResult compare(IommuMachine machine, long probes, Oracle.ProbeSink sink)
      throws IOException {
    CaseSource cases = new LegacyCases(machine.description());
    return Live.compare(machine, VtdUnits.FACTORY, cases, probes, sink);
  }

  /** Every reason that legacy mode has, but 13: QEMU says 3 where the manual has that. */
  private static Set<String> everyKindOfObservation() {
    Set<String> kinds = new TreeSet<>(Set.of("landed", "nothing"));
    for (int reason = 1; reason <= 12; reason++) {
      kinds.add("fault " + reason);
    }
    return kinds;
  }
}
