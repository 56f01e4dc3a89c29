// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.crashlane.iommu.Access;

/**
 * Comparisons with a running machine, whose vendor's tests they serve.
 *
 * <p>{@code -Dcrashlane.oracle.seed=N} tries other cases, {@code -Dcrashlane.oracle.probes=N} as
 * many for each machine; {@code -Dcrashlane.oracle.record=FOLDER} keeps what {@link #assertReplays}
 * records.
 */
final class Live {
  static final long SEED = Long.getLong("crashlane.oracle.seed", 20081121);
  static final long PROBES = Long.getLong("crashlane.oracle.probes", 12_000);

  /** As many as show all that there is. */
  static final long ENOUGH_FOR_EVERY_KIND = 10_000;

  private static final int SHOWN = 10;
  private static final int RECORDED = 1_000;

  private Live() {}

  /** {@return the result of a comparison in which nothing differs that is not explained} */
  static ReplayResult compare(
      IommuMachine machine, UnitFactory units, CaseSource cases, long probes, Oracle.ProbeSink sink)
      throws IOException {
    Oracle oracle = new Oracle(machine, units);
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
        "%s %s, seed %d: %d probes, %d differ; explained %s; seen %s%n",
        machine.description().oracle(),
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

  /** {@return what was seen, in a word or two} */
  static String kind(Probe probe) {
    return switch (probe.observed()) {
      case Observation.Faulted fault -> "fault " + fault.reason();
      case Observation.Landed _ -> "landed";
      case Observation.Nothing _ -> "nothing";
    };
  }

  /** Holds a unit with a fault against {@code machine}, which must tell, and shrinks a case. */
  static void assertFoundOut(IommuMachine machine, UnitFactory forbidsWrites, CaseSource cases)
      throws IOException {
    Oracle oracle = new Oracle(machine, forbidsWrites);
    ReplayResult result = oracle.compare(cases, RECORDED, SHOWN, _ -> {});
    assertFalse(result.agrees());
    Difference found = result.differences().getFirst();
    Difference shrunk = oracle.shrink(found);
    assertEquals(Access.WRITE, shrunk.probe().access());
    assertTrue(size(shrunk.probe().tables()) < size(found.probe().tables()), shrunk::toString);
  }

  /** Records probes in a file of this {@code name}, and replays them. */
  static void assertReplays(
      IommuMachine machine, UnitFactory units, CaseSource cases, Path temporary, String name)
      throws IOException {
    Path folder = Path.of(System.getProperty("crashlane.oracle.record", temporary.toString()));
    Path file = folder.resolve(name);
    ReplayResult live;
    try (ProbeRecorder recorder = ProbeRecorder.create(file, machine.description())) {
      live = compare(machine, units, cases, RECORDED, recorder::add);
    }
    assertEquals(live, Replay.of(file, ReplayLimits.standard()));
  }

  private static int size(ProbeCase tables) {
    return tables.words().stream().mapToInt(word -> Long.bitCount(word.value())).sum();
  }
}
