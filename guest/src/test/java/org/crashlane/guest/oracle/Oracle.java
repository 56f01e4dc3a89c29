// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Holds a unit and the reader of its tables against a running machine, on random cases. */
final class Oracle {
  private final IommuMachine machine;
  private final UnitFactory units;

  /** Who is told of each probe, to record it. */
  @FunctionalInterface
  public interface ProbeSink {
    /** Takes one. */
    void add(Probe probe) throws IOException;
  }

  /**
   * @param machine what the unit is compared with
   * @param units makes the unit
   */
  public Oracle(IommuMachine machine, UnitFactory units) {
    this.machine = machine;
    this.units = units;
  }

  /**
   * Compares on cases from {@code cases}.
   *
   * @param probeCount at least how many probes; whole batches are run
   * @param keptDifferences how many differences are kept to be shown
   * @param sink is told of every probe
   */
  public ReplayResult compare(
      CaseSource cases, long probeCount, int keptDifferences, ProbeSink sink) throws IOException {
    ProbeCounts tally =
        new ProbeCounts(machine.description(), units, TableReader.FACTORY, keptDifferences);
    int nextId = 0;
    while (tally.probeCount() < probeCount) {
      List<ProbeCase> batch = new ArrayList<>(IommuMachine.BATCH_CASES);
      for (int i = 0; i < IommuMachine.BATCH_CASES; i++) {
        batch.add(cases.next(nextId++));
      }
      for (Probe probe : machine.probe(batch)) {
        tally.add(probe);
        sink.add(probe);
      }
    }
    return tally.result();
  }

  /**
   * {@return the smallest case found, by leaving out words and bits, that differs as {@code
   * difference} does}
   */
  public Difference shrink(Difference difference) throws IOException {
    return new Shrinker(this::differences).shrink(difference);
  }

  private List<Difference> differences(ProbeCase tables) throws IOException {
    ProbeCounts tally = new ProbeCounts(machine.description(), units, TableReader.FACTORY, 2);
    machine.probe(List.of(tables)).forEach(tally::add);
    return tally.result().differences();
  }
}
