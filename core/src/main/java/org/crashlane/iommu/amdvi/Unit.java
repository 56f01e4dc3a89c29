// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.paging.DeviceEntryCache;
import org.crashlane.iommu.paging.Faults;
import org.crashlane.iommu.paging.Iotlb;
import org.crashlane.iommu.paging.RequestWalk;
import org.crashlane.iommu.paging.WalkSink;
import org.crashlane.memory.PhysicalMemory;

/**
 * An AMD IOMMU: translates one request at a time by its {@link Caches} where they have an answer,
 * and by the tables in memory where they do not. With caches it does what it does without, as long
 * as every change of the tables is followed by the command that it takes. Device table entries are
 * remembered whatever they say.
 *
 * <p>Requests come without a PASID. Accessed and dirty bits are not written. Of the faults that an
 * entry's SE bit lets through once, each counts as the first.
 */
public final class Unit {
  private final UnitConfig config;
  private final boolean cachesAbsent;
  private final RequestWalk pageTables;

  /**
   * @param config what the unit is and how its registers are set
   */
  public Unit(UnitConfig config) {
    this.config = config;
    this.cachesAbsent = config.capabilities().cachesAbsent();
    this.pageTables = new RequestWalk(config.hostTables(), config.wholeMemory());
  }

  /** {@return the unit as it is without caches, by the tables in {@code memory} as they are} */
  public Iommu uncached(PhysicalMemory memory) {
    Caches none = Caches.none();
    return request -> translate(memory, none, request, WalkSink.NONE);
  }

  /**
   * {@return what becomes of {@code request}}
   *
   * @param memory where the tables are
   * @param caches what is remembered; what the request took is in them afterwards
   * @param sink receives what is read in memory on the way
   */
  public Outcome translate(PhysicalMemory memory, Caches caches, Request request, WalkSink sink) {
    if (InterruptWindow.contains(request.iova())) {
      return new Outcome.Interrupt();
    }
    if (!config.translationEnabled()) {
      return new Outcome.Reached(request.iova());
    }
    DeviceEntryCache entries = caches.deviceEntries();
    int place = entries.find(request.requester().value());
    if (place != DeviceEntryCache.NOT_CACHED) {
      return byEntry(memory, caches, request, sink, entries.low(place), entries.high(place));
    }
    return switch (DeviceTableLookup.of(memory, config, request, sink)) {
      case DeviceTableLookup.Missing missing -> missing.outcome();
      case DeviceTableLookup.Found found -> {
        caches.keepDeviceEntry(request.requester().value(), found.word0(), found.word1());
        yield byEntry(memory, caches, request, sink, found.word0(), found.word1());
      }
    };
  }

  /**
   * {@return what becomes of {@code request} by its device table entry}
   *
   * <p>A valid entry without TV blocks: the manual has the table walk end there, and VirtualBox
   * logs a page fault; QEMU 7.2 lets such requests pass, as far as IR and IW do.
   */
  private Outcome byEntry(
      PhysicalMemory memory,
      Caches caches,
      Request request,
      WalkSink sink,
      long word0,
      long word1) {
    long iova = request.iova();
    Faults faults = Faults.of(DeviceTableEntry.SA.isSet(word1));
    if (!DeviceTableEntry.isValid(word0)) {
      return new Outcome.Reached(iova);
    }
    if (DeviceTableEntry.hasReserved(word0, config)) {
      return faults.blocked(request, FaultReason.ENTRY_RESERVED);
    }
    if (config.exclusion().excludes(iova, word1)) {
      return new Outcome.Reached(iova);
    }
    if (UnitConfig.HYPER_TRANSPORT.range().contains(iova)) {
      return faults.blocked(request, FaultReason.SPECIAL_ADDRESS);
    }
    if (DeviceTableEntry.usesGuestTables(word0, config)) {
      return new Outcome.Unknown(
          DeviceTableEntry.guestTable(word0, word1),
          FlatDeviceTables.guestTables(Named.GUEST_TABLES, word0, word1));
    }
    if (DeviceTableEntry.isFaulty(word0, config)) {
      return faults.blocked(request, DeviceTableEntry.fault(word0, config));
    }
    if (!DeviceTableEntry.permissions(word0).allows(request.access())) {
      return faults.blocked(request, FaultReason.ENTRY_PERMISSION);
    }
    return DeviceTableEntry.levels(word0) == DeviceTableEntry.MODE_UNTRANSLATED
        ? new Outcome.Reached(iova)
        : byPageTables(
            memory, caches, request, sink, DeviceTableEntry.domainId(word1), word0, faults);
  }

  private Outcome byPageTables(
      PhysicalMemory memory,
      Caches caches,
      Request request,
      WalkSink sink,
      int domainId,
      long word0,
      Faults faults) {
    int levels = DeviceTableEntry.levels(word0);
    Iotlb iotlb = caches.iotlb();
    long value = iotlb.find(domainId, levels, request.iova());
    if (value != Iotlb.NOT_CACHED) {
      return pageTables.remembered(iotlb, value, request, faults);
    }
    TableId table =
        new TableId(config.addressField().inPlace(word0), PageTableEntry.geometry(levels));
    WalkSink remembering = caches.sink(domainId, cachesAbsent, sink);
    return pageTables.translate(memory, request, table, faults, remembering);
  }
}
