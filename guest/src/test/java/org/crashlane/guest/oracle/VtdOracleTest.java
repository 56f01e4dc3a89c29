// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The VT-d unit against QEMU's, live.
 *
 * <p>{@code -Dcrashlane.oracle.seed=N} tries other cases, {@code -Dcrashlane.oracle.probes=N} as
 * many for each width; {@code -Dcrashlane.oracle.record=FOLDER} keeps what {@link
 * #recordedProbesReplay} records.
 */
@Tag("qemu")
class VtdOracleTest {
  private static final long SEED = Long.getLong("crashlane.oracle.seed", 20081121);
  private static final long PROBES = Long.getLong("crashlane.oracle.probes", 12_000);
  private static final long ENOUGH_FOR_EVERY_KIND = 10_000;
  private static final long PROBES_OF_AN_OPTION = 2_000;
  private static final int RECORDED = 1_000;
  private static final int SHOWN = 10;
  private static final Set<QemuQuirk> LEGACY_QUIRKS =
      Set.of(QemuQuirk.RESERVED_CONTEXT_FIELD_IN_SPITE_OF_FPD);

  @BeforeAll
  static void needsQemu() {
    Qemu.assumeInstalled();
  }

  @ParameterizedTest
  @ValueSource(strings = {"aw-bits=39", "aw-bits=48"})
  void unitDoesAsQemuInLegacyMode(String options) throws IOException {
    try (VtdMachine machine = VtdMachine.start(options, Rtaddr.TTM_LEGACY, SEED)) {
      Set<String> seen = new TreeSet<>();
      ReplayResult result = compare(machine, PROBES, probe -> seen.add(kind(probe)));
      assertTrue(result.probeCount() >= PROBES);
      Set<QemuQuirk> explained = result.explained().keySet();
      assertTrue(LEGACY_QUIRKS.containsAll(explained), explained::toString);
      if (PROBES >= ENOUGH_FOR_EVERY_KIND) {
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
        "aw-bits=39,caching-mode=on"
      })
  void unitDoesAsQemuWithOptions(String options) throws IOException {
    try (VtdMachine machine = VtdMachine.start(options, Rtaddr.TTM_LEGACY, SEED)) {
      compare(machine, PROBES_OF_AN_OPTION, _ -> {});
    }
  }

  /** With snoop control: QEMU takes SNP in scalable mode, whether or not it says so in ECAP.SC. */
  @Test
  void unitDoesAsQemuInScalableMode() throws IOException {
    String options = "aw-bits=48,x-scalable-mode=on,snoop-control=on";
    try (VtdMachine machine = VtdMachine.start(options, Rtaddr.TTM_SCALABLE, SEED)) {
      ReplayResult result =
          compare(machine, new ScalableCases(machine.description()), PROBES_OF_AN_OPTION, _ -> {});
      assertEquals(Set.of(QemuQuirk.values()), result.explained().keySet());
    }
  }

  @Test
  void unitThatForbidsWritesIsFoundOutAndTheCaseShrunk() throws IOException {
    try (VtdMachine machine = VtdMachine.start("aw-bits=48", Rtaddr.TTM_LEGACY, SEED)) {
      VtdOracle oracle = new VtdOracle(machine, Mutant.FORBIDS_WRITES.over(VtdUnits.FACTORY));
      LegacyCases cases = new LegacyCases(machine.description());
      ReplayResult result = oracle.compare(cases, RECORDED, SHOWN, _ -> {});
      assertFalse(result.agrees());
      Difference found = result.differences().getFirst();
      Difference shrunk = oracle.shrink(found);
      assertEquals(Access.WRITE, shrunk.probe().access());
      assertTrue(size(shrunk.probe().tables()) < size(found.probe().tables()), shrunk::toString);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {39, 48})
  void recordedProbesReplay(int width, @TempDir Path temporary) throws IOException {
    Path folder = Path.of(System.getProperty("crashlane.oracle.record", temporary.toString()));
    Path file = folder.resolve("vtd-" + width + ".jsonl.gz");
    ReplayResult live;
    try (VtdMachine machine = VtdMachine.start("aw-bits=" + width, Rtaddr.TTM_LEGACY, SEED);
        ProbeRecorder recorder = ProbeRecorder.create(file, machine.description())) {
      live = compare(machine, RECORDED, recorder::add);
    }
    assertEquals(live, Replay.of(file, ReplayLimits.standard()));
  }

  private static ReplayResult compare(VtdMachine machine, long probes, VtdOracle.ProbeSink sink)
      throws IOException {
    return compare(machine, new LegacyCases(machine.description()), probes, sink);
  }

  private static ReplayResult compare(
      VtdMachine machine, CaseSource cases, long probes, VtdOracle.ProbeSink sink)
      throws IOException {
    VtdOracle oracle = new VtdOracle(machine, VtdUnits.FACTORY);
    Map<String, Integer> kinds = new TreeMap<>();
    ReplayResult result =
        oracle.compare(
            cases,
            probes,
            SHOWN,
            probe -> {
              kinds.merge(kind(probe), 1, Integer::sum);
              sink.add(probe);
            });
    System.out.printf(
        "%s, seed %d: %d probes, %d differ; explained %s; seen %s%n",
        machine.description().options(),
        SEED,
        result.probeCount(),
        result.differenceCount(),
        result.explained(),
        kinds);
    if (!result.agrees()) {
      result.differences().forEach(System.out::println);
      System.out.println("shrunk: " + oracle.shrink(result.differences().getFirst()));
    }
    assertEquals(
        0,
        result.differenceCount(),
        () -> "seed " + SEED + ", first: " + result.differences().getFirst());
    return result;
  }

  private static String kind(Probe probe) {
    return switch (probe.observed()) {
      case Observation.Faulted fault -> "fault " + fault.reason();
      case Observation.Landed _ -> "landed";
      case Observation.Nothing _ -> "nothing";
    };
  }

  /** Every reason that legacy mode has, but 13: QEMU says 3 where the manual has that. */
  private static Set<String> everyKindOfObservation() {
    Set<String> kinds = new TreeSet<>(Set.of("landed", "nothing"));
    for (int reason = 1; reason <= 12; reason++) {
      kinds.add("fault " + reason);
    }
    return kinds;
  }

  private static int size(ProbeCase tables) {
    return tables.words().stream().mapToInt(word -> Long.bitCount(word.value())).sum();
  }
}
