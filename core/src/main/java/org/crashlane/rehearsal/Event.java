// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import org.crashlane.bits.Reason;
import org.crashlane.bits.Term;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Mapping;
import org.crashlane.machine.Device;
import org.crashlane.rule.Sighting;

/**
 * What happens while a machine is crashed, on a stage that sees all of it: the trace is of these.
 */
public sealed interface Event {

  /** What has no parameters. */
  enum Plain implements Event {
    PANIC,
    ALL_DEVICES_RESET
  }

  /**
   * An invariant is broken, for the first time.
   *
   * @param what which, by whom and where
   */
  record Broken(Sighting.Violated what) implements Event {}

  /**
   * A request of a device gets through.
   *
   * @param device whose
   * @param access of which kind
   * @param iova what the device put on the bus
   * @param physicalAddress where it goes
   * @param sizeBytes how many bytes
   * @param inMemory false if no memory is there
   */
  record Reached(
      Device device,
      Access access,
      long iova,
      long physicalAddress,
      long sizeBytes,
      boolean inMemory)
      implements Event {}

  /**
   * A request of a device gets nowhere.
   *
   * @param device whose
   * @param access of which kind
   * @param iova what the device put on the bus
   * @param why what became of it
   */
  record Blocked(Device device, Access access, long iova, Term why) implements Event {}

  /** The primary maps {@code mapping} for {@code device}. */
  record Mapped(Device device, Mapping mapping) implements Event {}

  /** The primary takes {@code mapping} of {@code device} back. */
  record Unmapped(Device device, Mapping mapping) implements Event {}

  /** The primary cannot map for {@code device}. */
  record NotMapped(Device device, Reason why) implements Event {}

  /** The primary cannot map what {@code device} needs all the time. */
  record NotStarted(Device device, Reason why) implements Event {}

  /** The tables are armed, or some of them. */
  record Armed(ArmReport report) implements Event {}

  /** The capture kernel is up, and has done to the IOMMU what {@code strategy} says. */
  record CaptureUp(Strategy strategy) implements Event {}

  /** The capture kernel starts {@code device}. */
  record CaptureStarts(Device device) implements Event {}

  /** The capture kernel has so many pages written, from {@code physicalAddress} on. */
  record CaptureWrites(long physicalAddress, int pageCount) implements Event {}

  /** The capture kernel gives up. */
  record CaptureFails(Reason why) implements Event {}
}
