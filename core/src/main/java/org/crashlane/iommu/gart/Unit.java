// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import java.util.Optional;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.InterruptWindow;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * The GART of one northbridge: redirects requests inside its aperture through its table, lets all
 * others pass. It serves devices and CPUs alike; neither are told apart by requester, nor reads
 * from writes.
 *
 * <p>From what kernels do with it, not from AMD's manual. Not verified: that a device's request
 * which meets an entry that is not valid is blocked (Linux lets no such entry stand in its part of
 * the table; on family 0Fh it masks the report, which came without cause too); that with DISGARTIO
 * or DISGARTCPU requests pass untranslated; that the interrupt window comes before the aperture.
 */
public final class Unit implements Iommu {
  private final PhysicalMemory memory;
  private final long table;
  private final boolean wholeMemory;
  private final Optional<Aperture> forDevices;
  private final Optional<Aperture> forCpus;
  private final CacheState cache;

  /**
   * @param memory where the table is
   * @param config how the registers are set
   * @param cache what the unit remembers; changed by requests
   */
  public Unit(PhysicalMemory memory, UnitConfig config, CacheState cache) {
    this.memory = memory;
    this.table = config.table();
    this.wholeMemory = config.wholeMemory();
    this.forDevices = config.aperture().filter(_ -> config.translatesDevices());
    this.forCpus = config.aperture().filter(_ -> config.translatesCpus());
    this.cache = cache;
  }

  @Override
  public Outcome translate(Request request) {
    long iova = request.iova();
    if (InterruptWindow.contains(iova)) {
      return new Outcome.Interrupt();
    }
    if (forDevices.isEmpty() || !forDevices.get().contains(iova)) {
      return new Outcome.Reached(iova);
    }
    try {
      long entry = entryFor(forDevices.get().indexOf(iova));
      return Gpte.isValid(entry)
          ? new Outcome.Reached(target(entry, iova))
          : blocked(request, FaultReason.ENTRY_NOT_VALID);
    } catch (UnreadableMemoryException e) {
      return wholeMemory
          ? blocked(request, FaultReason.TABLE_ACCESS)
          : new Outcome.Unknown(e.address(), e.reason());
    }
  }

  /**
   * {@return what becomes of a CPU's read or write} A capture kernel that reads the dead kernel's
   * memory gets there what the table names, or a machine check, and not the memory under the
   * aperture.
   *
   * @param address the physical address that the CPU asks for
   */
  public CpuOutcome accessByCpu(long address) {
    if (forCpus.isEmpty() || !forCpus.get().contains(address)) {
      return new CpuOutcome.Reached(address);
    }
    try {
      long entry = entryFor(forCpus.get().indexOf(address));
      return Gpte.isValid(entry)
          ? new CpuOutcome.Reached(target(entry, address))
          : new CpuOutcome.MachineCheck(address, FaultReason.ENTRY_NOT_VALID);
    } catch (UnreadableMemoryException e) {
      return wholeMemory
          ? new CpuOutcome.MachineCheck(address, FaultReason.TABLE_ACCESS)
          : new CpuOutcome.Unknown(e.address(), e.reason());
    }
  }

  private long entryFor(int index) {
    long cached = cache.cached(index);
    if (Gpte.isValid(cached)) {
      return cached;
    }
    long entry = PteTable.read(memory, table, index);
    if (Gpte.isValid(entry)) {
      cache.keep(index, entry);
    } else {
      cache.recordInvalidEntry();
    }
    return entry;
  }

  private static long target(long entry, long address) {
    return Gpte.physicalAddress(entry) | PteTable.PAGE_OFFSET.inPlace(address);
  }

  private static Outcome blocked(Request request, FaultReason reason) {
    return new Outcome.Blocked(new Fault(request, reason.code(), reason.meaning(), true));
  }
}
