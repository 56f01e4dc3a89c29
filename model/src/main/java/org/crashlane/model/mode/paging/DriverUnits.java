// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.spec.DeviceSpec;

/**
 * What a kernel's driver has of its units: the tables that say which device has which domain, the
 * domain ids given there, and the commands to the units. Units go by their place in the machine's
 * description.
 */
public interface DriverUnits {

  /** {@return how the driver writes a domain's tables} */
  DriverTables tables();

  /** {@return the ids of the domains on {@code unit}} */
  DomainIds domainIds(int unit);

  /**
   * Writes the device's entries, so that its requests go by the domain's tables.
   *
   * @return false if there was no page for it: nothing was written
   */
  boolean attach(Cpu cpu, PageFrames frames, DeviceSpec device, Domain domain);

  /**
   * Writes the device's entries, so that its requests pass.
   *
   * @return false if there was no page for it: nothing was written
   */
  boolean setPassThrough(Cpu cpu, PageFrames frames, DeviceSpec device, int unit);

  /** {@return true if {@code unit} remembers entries that are not present} */
  boolean cachesAbsent(int unit);

  /** Drops what the domain's unit remembers of all its pages. */
  void flush(Cpu cpu, Domain domain);

  /**
   * Drops what the domain's unit remembers of a block of pages.
   *
   * @param pagesOrder how many pages, as a power of two; {@code iova} is aligned to so many
   */
  void flush(Cpu cpu, Domain domain, long iova, int pagesOrder);

  /** {@return the rights that a leaf has for transfers of this direction} */
  Permissions rights(Domain domain, Direction direction);

  /** {@return true if firmware's memory is to be mapped in a domain that the driver makes} */
  boolean mapsReservedMemory();

  /** {@return what it would take to map {@code wanted} by the largest leaves} */
  MapResult survey(PhysicalMemory memory, Domain domain, Mapping wanted);

  /** Maps as {@code wanted} says, by the largest leaves. */
  MapResult map(WritableMemory memory, Domain domain, Mapping wanted, PageArena arena);

  /** {@return the memory that {@code iova} stands for to a kernel that sees no IOMMU} */
  default long physical(long iova) {
    return iova;
  }

  /** {@return the same, that changes by itself} */
  DriverUnits fork();

  /** Adds all state to {@code into}. */
  void addTo(Fingerprint into);
}
