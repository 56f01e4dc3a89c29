// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crashlane.iommu.Outcome;

/**
 * Counts how probes compare with a unit, and with the reader of its tables. One thread at a time.
 */
public final class ProbeCounts {
  private final ProbeMachine machine;
  private final Comparison comparison;
  private final int keptDifferences;
  private final Map<QemuQuirk, Long> explained = new HashMap<>();
  private final List<Difference> differences = new ArrayList<>();
  private long probeCount;
  private long differenceCount;

  /**
   * @param machine what the probes were made on
   * @param units makes the unit to compare
   * @param readers makes the reader of tables to compare
   * @param keptDifferences how many differences are kept to be shown; all are counted
   */
  ProbeCounts(ProbeMachine machine, UnitFactory units, UnitFactory readers, int keptDifferences) {
    this.machine = machine;
    this.comparison = new Comparison(machine, units, readers);
    this.keptDifferences = keptDifferences;
  }

  /** Compares one more, and {@return the difference, if there is one that is not explained} */
  public Optional<Difference> add(Probe probe) {
    probeCount++;
    Outcome outcome = comparison.outcome(probe);
    if (comparison.agrees(probe, outcome)) {
      return read(probe);
    }
    Optional<QemuQuirk> quirk = explaining(probe, outcome);
    if (quirk.isEmpty()) {
      return different(new Difference(probe, Difference.Side.UNIT, outcome));
    }
    explained.merge(quirk.get(), 1L, Long::sum);
    // Where the machine is not to be gone by, the reader is held against the unit.
    Outcome reading = comparison.reading(probe);
    return comparison.arriveAlike(reading, outcome)
        ? Optional.empty()
        : different(new Difference(probe, Difference.Side.READER, reading));
  }

  private Optional<Difference> read(Probe probe) {
    Outcome reading = comparison.reading(probe);
    if (comparison.arrivedAsRead(probe, reading)) {
      return Optional.empty();
    }
    // Wherever else QEMU is not to be gone by, the unit would have differed from it.
    Optional<QemuQuirk> quirk =
        reading instanceof Outcome.Unknown ? explaining(probe, reading) : Optional.empty();
    if (quirk.isPresent()) {
      explained.merge(quirk.get(), 1L, Long::sum);
      return Optional.empty();
    }
    return different(new Difference(probe, Difference.Side.READER, reading));
  }

  private Optional<Difference> different(Difference difference) {
    differenceCount++;
    if (differences.size() < keptDifferences) {
      differences.add(difference);
    }
    return Optional.of(difference);
  }

  private Optional<QemuQuirk> explaining(Probe probe, Outcome outcome) {
    return switch (machine.registers()) {
      case UnitRegisters.Vtd _ -> VtdQuirk.explaining(probe, outcome, comparison);
      case UnitRegisters.Amdvi _ -> AmdviQuirk.explaining(probe, outcome, machine, comparison);
    };
  }

  /** {@return how many were compared so far} */
  public long probeCount() {
    return probeCount;
  }

  /** {@return what was counted so far} */
  public ReplayResult result() {
    return new ReplayResult(probeCount, explained, differenceCount, differences);
  }
}
