// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.iommu.Iommu;
import org.crashlane.memory.PhysicalMemory;

/** Holds recorded probes against a unit and the reader of its tables. */
public final class Replay {
  private Replay() {}

  /**
   * {@return how the probes in {@code file} compare with our unit of the machine's vendor}
   *
   * @param file as {@link ProbeFile} reads it, packed by gzip or not
   * @throws MalformedInputException if it is no such file, or is damaged
   * @throws IOException if it cannot be read
   */
  public static ReplayResult of(Path file, ReplayLimits limits) throws IOException {
    return of(file, limits, Replay::unit, TableReader.FACTORY);
  }

  private static Iommu unit(ProbeMachine machine, PhysicalMemory memory, long root) {
    UnitFactory units =
        switch (machine.registers()) {
          case UnitRegisters.Vtd _ -> VtdUnits.FACTORY;
          case UnitRegisters.Amdvi _ -> AmdviUnits.FACTORY;
        };
    return units.unit(machine, memory, root);
  }

  /** As {@link #of(Path, ReplayLimits)}, with a unit and a reader of the caller's. */
  static ReplayResult of(Path file, ReplayLimits limits, UnitFactory units, UnitFactory readers)
      throws IOException {
    try (ProbeFile probes = ProbeFile.open(file, limits)) {
      ProbeCounts tally =
          new ProbeCounts(probes.machine(), units, readers, limits.keptDifferences());
      for (Optional<Probe> next = probes.next(); next.isPresent(); next = probes.next()) {
        tally.add(next.get());
      }
      return tally.result();
    }
  }
}
