// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.bits.BitField;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Outcome;
import org.crashlane.memory.PhysicalMemory;

/**
 * Holds what a unit says of a request against what was seen of it.
 *
 * <p>Where a request goes to something other than memory, or is an interrupt, or is blocked without
 * a record, nothing can be seen; there the two agree if nothing was.
 */
final class Comparison {
  private static final BitField PAGE = BitField.bits("page", 63, 12);

  private final ProbeMachine machine;
  private final UnitFactory units;
  private final ProbeMemory memory;

  Comparison(ProbeMachine machine, UnitFactory units) {
    this.machine = machine;
    this.units = units;
    this.memory = new ProbeMemory(machine);
  }

  /** {@return what the unit says of {@code probe}'s request} */
  Outcome outcome(Probe probe) {
    Iommu unit = units.unit(machine, memory(probe), probe.tables().root());
    return unit.translate(probe.request(machine.requester()));
  }

  /** {@return the memory that {@code probe} met} */
  PhysicalMemory memory(Probe probe) {
    memory.load(probe.tables().words());
    return memory;
  }

  /** {@return true if {@code outcome} is what was seen} */
  boolean agrees(Probe probe, Outcome outcome) {
    return switch (outcome) {
      case Outcome.Reached(long address) -> seenAt(address, memory(probe), probe);
      case Outcome.Interrupt() -> isBlocked(probe.observed());
      case Outcome.Blocked(Fault fault) when fault.recorded() && machine.registers().showFaults() ->
          probe.observed().equals(record(fault));
      case Outcome.Blocked(Fault _) -> isBlocked(probe.observed());
      case Outcome.Unknown _ -> false;
    };
  }

  private boolean seenAt(long address, PhysicalMemory memory, Probe probe) {
    if (!exists(memory, address)) {
      return probe.observed() instanceof Observation.Nothing;
    }
    if (probe.access() == Access.READ && machine.hasTablesAt(address)) {
      return probe.observed().equals(new Observation.Nothing(memory.readLong(address)));
    }
    return probe.observed().equals(new Observation.Landed(address));
  }

  private static boolean exists(PhysicalMemory memory, long address) {
    return memory.ranges().stream().anyMatch(range -> range.contains(address));
  }

  /** What blocks a read leaves the device with zeros, in QEMU and on hardware. */
  static boolean isBlocked(Observation observed) {
    return observed.equals(new Observation.Nothing(0));
  }

  /** {@return what is seen of {@code fault} if it is recorded} */
  static Observation record(Fault fault) {
    return new Observation.Faulted(
        fault.reason(),
        PAGE.inPlace(fault.request().iova()),
        fault.request().requester(),
        fault.request().access());
  }
}
