// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.bits.BitField;
import org.crashlane.guest.QemuVersion;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.vtd.Registers.Cap;
import org.crashlane.iommu.vtd.Registers.Ecap;
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
  private final UnitFactory readers;
  private final ProbeMemory memory;

  Comparison(ProbeMachine machine, UnitFactory units, UnitFactory readers) {
    this.machine = machine;
    this.units = units;
    this.readers = readers;
    this.memory = new ProbeMemory(machine);
  }

  /** {@return what the unit says of {@code probe}'s request} */
  Outcome outcome(Probe probe) {
    return outcome(probe, units);
  }

  /** {@return what the reader of tables says of it} */
  Outcome reading(Probe probe) {
    return outcome(probe, readers);
  }

  /** {@return what a unit of {@code others} says of it} */
  Outcome outcome(Probe probe, UnitFactory others) {
    Iommu unit = others.unit(machine, memory(probe), probe.tables().root());
    return unit.translate(probe.request(machine.requester()));
  }

  /** {@return the memory that {@code probe} met} */
  PhysicalMemory memory(Probe probe) {
    memory.load(probe.tables().words());
    return memory;
  }

  /** {@return which QEMU answered} */
  QemuVersion version() {
    return machine.version();
  }

  /** {@return the request that was made} */
  Request request(Probe probe) {
    return probe.request(machine.requester());
  }

  /** {@return true if the machine is a VT-d unit with first-level pages of 1 GiB} */
  boolean hasFirstLevelGibibytePages() {
    return machine.registers() instanceof UnitRegisters.Vtd(long _, long cap, long _)
        && Cap.FL1GP.isSet(cap);
  }

  /** {@return true if the machine is a VT-d unit that has first-level tables} */
  boolean hasFirstLevel() {
    return machine.hasFirstLevel();
  }

  /** {@return true if the machine is a VT-d unit that knows scalable mode} */
  boolean hasScalableMode() {
    return machine.registers() instanceof UnitRegisters.Vtd(long _, long _, long ecap)
        && Ecap.SMTS.isSet(ecap);
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
    if (!this.memory.isRam(address)) {
      return probe.observed() instanceof Observation.Nothing;
    }
    if (probe.access() == Access.READ && machine.hasTablesAt(address)) {
      return probe.observed() instanceof Observation.Nothing(long data)
          && (data & ~machine.updated()) == (memory.readLong(address) & ~machine.updated());
    }
    return probe.observed().equals(new Observation.Landed(address));
  }

  /**
   * {@return true if the reader has not walked the tables so far, and says so} It walks the lower
   * half of first-level tables, where kernels have their IOVAs.
   */
  private boolean isBeyondReader(Probe probe, Outcome reading) {
    return hasFirstLevel() && probe.tables().iova() < 0 && reading instanceof Outcome.Unknown;
  }

  /**
   * {@return true if {@code reading} is what was seen: of reasons and records a reader says
   * nothing, and what it does not know must not have arrived}
   */
  boolean arrivedAsRead(Probe probe, Outcome reading) {
    return reading instanceof Outcome.Reached(long address)
        ? seenAt(address, memory(probe), probe) || (!memory.isRam(address) && isFault(probe))
        : isFault(probe) || isBlocked(probe.observed()) || isBeyondReader(probe, reading);
  }

  private static boolean isFault(Probe probe) {
    return probe.observed() instanceof Observation.Faulted;
  }

  /**
   * {@return true if a reader lets a request arrive where a unit does, or not, or does not know;
   * what the unit does not know a reader may not know either}
   */
  boolean arriveAlike(Outcome reading, Outcome outcome) {
    return switch (outcome) {
      case Outcome.Reached _ -> reading.equals(outcome) || reading instanceof Outcome.Unknown;
      case Outcome.Unknown _ -> reading instanceof Outcome.Unknown;
      case Outcome.Blocked _, Outcome.Interrupt() ->
          !(reading instanceof Outcome.Reached(long address)) || !memory.isRam(address);
    };
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
