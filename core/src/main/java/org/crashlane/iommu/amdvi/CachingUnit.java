// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.BeforeTables;
import org.crashlane.iommu.paging.DeviceEntryCache;
import org.crashlane.iommu.paging.Faults;
import org.crashlane.iommu.paging.Iotlb;
import org.crashlane.memory.PhysicalMemory;

/**
 * An AMD IOMMU that remembers: translates by its {@link Caches} where they have an answer, and by
 * the tables in memory where they do not. It does what {@link Unit} does, as long as every change
 * of the tables is followed by the command that it takes.
 *
 * <p>Device table entries are remembered whatever they say. A request that a remembered leaf does
 * not let pass is blocked by it: the tables are not asked again.
 */
public final class CachingUnit {
  private final UnitConfig config;
  private final PagingWalk paging;

  /**
   * @param config what the unit is and how its registers are set
   */
  public CachingUnit(UnitConfig config) {
    this.config = config;
    this.paging = new PagingWalk(config);
  }

  /** {@return what becomes of {@code request}; what it took is in {@code caches} afterwards} */
  public Outcome translate(PhysicalMemory memory, Caches caches, Request request) {
    return BeforeTables.of(request, config.translationEnabled())
        .orElseGet(() -> byDeviceTable(memory, caches, request));
  }

  private Outcome byDeviceTable(PhysicalMemory memory, Caches caches, Request request) {
    DeviceEntryCache entries = caches.deviceEntries();
    int place = entries.find(request.requester().value());
    if (place != DeviceEntryCache.NOT_CACHED) {
      return byEntry(memory, caches, request, entries.low(place), entries.high(place));
    }
    return switch (DeviceTableLookup.of(memory, config, request)) {
      case DeviceTableLookup.Missing missing -> missing.outcome();
      case DeviceTableLookup.Found found -> {
        entries.keep(request.requester().value(), found.word0(), found.word1());
        yield byEntry(memory, caches, request, found.word0(), found.word1());
      }
    };
  }

  private Outcome byEntry(
      PhysicalMemory memory, Caches caches, Request request, long word0, long word1) {
    return EntryDecision.of(config, request, word0, word1)
        .orElseGet(() -> byPageTables(memory, caches, request, word0, word1));
  }

  private Outcome byPageTables(
      PhysicalMemory memory, Caches caches, Request request, long word0, long word1) {
    Faults faults = EntryDecision.faults(config, word1);
    int domainId = DeviceTableEntry.domainId(word1);
    long value = caches.iotlb().find(domainId, DeviceTableEntry.levels(word0), request.iova());
    if (value == Iotlb.NOT_CACHED) {
      boolean absentToo = config.capabilities().cachesAbsent();
      return paging.translate(memory, request, word0, faults, caches.sink(domainId, absentToo));
    }
    if (value == Iotlb.ABSENT) {
      return faults.blocked(request, FaultReason.NOT_PRESENT);
    }
    return Iotlb.allows(value, request.access())
        ? new Outcome.Reached(Iotlb.physical(value, request.iova()))
        : faults.blocked(request, FaultReason.PERMISSION);
  }
}
