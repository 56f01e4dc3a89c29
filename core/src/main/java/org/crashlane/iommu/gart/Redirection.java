// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import java.util.Optional;
import org.crashlane.bits.Reason;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.flat.FlatTable;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * What the registers of one northbridge make of requests, those of devices and of CPUs alike:
 * inside the aperture they are redirected through its table, elsewhere they pass. Neither are
 * requesters distinguished, nor reads from writes.
 *
 * <p>It has no state. From what kernels do with it, not from AMD's manual. Not verified: that a
 * device's request which meets an entry that is not valid is blocked (Linux lets no such entry are
 * in its part of the table; on family 0Fh it masks the report, which came without cause too); that
 * with DISGARTIO or DISGARTCPU requests pass untranslated; that the interrupt window comes before
 * the aperture.
 */
public final class Redirection {
  private final FlatTable table;
  private final boolean wholeMemory;
  private final Optional<Aperture> forDevices;
  private final Optional<Aperture> forCpus;

  /**
   * @param config how the registers are set
   */
  public Redirection(UnitConfig config) {
    this.table = config.flat();
    this.wholeMemory = config.wholeMemory();
    this.forDevices = config.aperture().filter(_ -> config.translatesDevices());
    this.forCpus = config.aperture().filter(_ -> config.translatesCpus());
  }

  /** {@return the addresses at which requests of CPUs are redirected; nothing if none are} */
  public Optional<Aperture> forCpus() {
    return forCpus;
  }

  /** {@return the addresses at which requests of devices are redirected; nothing if none are} */
  public Optional<Aperture> forDevices() {
    return forDevices;
  }

  /**
   * {@return what becomes of a device's request}
   *
   * @param memory where the table is
   * @param cache what the northbridge remembers; changed by requests
   */
  public Outcome translate(PhysicalMemory memory, CacheState cache, Request request) {
    long iova = request.iova();
    if (InterruptWindow.contains(iova)) {
      return new Outcome.Interrupt();
    }
    if (forDevices.isEmpty() || !forDevices.get().contains(iova)) {
      return new Outcome.Reached(iova);
    }
    try {
      long entry = entryFor(memory, cache, forDevices.get().indexOf(iova));
      return Gpte.isValid(entry)
          ? new Outcome.Reached(target(entry, iova))
          : blocked(request, FaultReason.ENTRY_NOT_VALID);
    } catch (UnreadableMemoryException e) {
      return wholeMemory
          ? blocked(request, FaultReason.TABLE_ACCESS)
          : new Outcome.Unknown(e.address(), Reason.of(e.absence()));
    }
  }

  /**
   * {@return what becomes of a CPU's read or write} A capture kernel that reads the dead kernel's
   * memory gets there what the table names, or a machine check, and not the memory under the
   * aperture.
   *
   * @param memory where the table is
   * @param cache what the northbridge remembers; changed by requests
   * @param address the physical address that the CPU asks for
   */
  public CpuOutcome accessByCpu(PhysicalMemory memory, CacheState cache, long address) {
    if (forCpus.isEmpty() || !forCpus.get().contains(address)) {
      return new CpuOutcome.Reached(address);
    }
    try {
      long entry = entryFor(memory, cache, forCpus.get().indexOf(address));
      return Gpte.isValid(entry)
          ? new CpuOutcome.Reached(target(entry, address))
          : new CpuOutcome.MachineCheck(address, FaultReason.ENTRY_NOT_VALID);
    } catch (UnreadableMemoryException e) {
      return wholeMemory
          ? new CpuOutcome.MachineCheck(address, FaultReason.TABLE_ACCESS)
          : new CpuOutcome.Unknown(e.address(), e.absence());
    }
  }

  private long entryFor(PhysicalMemory memory, CacheState cache, int index) {
    long cached = cache.cached(index);
    return Gpte.isValid(cached) ? cached : readEntry(memory, cache, index);
  }

  private long readEntry(PhysicalMemory memory, CacheState cache, int index) {
    long entry = table.read(memory, index);
    if (Gpte.isValid(entry)) {
      cache.keep(index, entry);
    } else {
      cache.recordInvalidEntry();
    }
    return entry;
  }

  private static long target(long entry, long address) {
    return Gpte.physicalAddress(entry) | Gpte.PAGE_OFFSET.inPlace(address);
  }

  private static Outcome blocked(Request request, FaultReason reason) {
    return new Outcome.Blocked(new Fault(request, reason, true));
  }
}
