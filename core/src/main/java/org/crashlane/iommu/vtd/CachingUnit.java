// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.Optional;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.BeforeTables;
import org.crashlane.iommu.paging.DeviceEntryCache;
import org.crashlane.iommu.paging.Faults;
import org.crashlane.iommu.paging.Iotlb;
import org.crashlane.iommu.paging.WalkSink;
import org.crashlane.memory.PhysicalMemory;

/**
 * A VT-d unit that remembers: translates by its {@link Caches} where they have an answer, and by
 * the tables in memory where they do not. In legacy mode it does what {@link Unit} does, as long as
 * every change of the tables is followed by the invalidation that it takes; in the other modes it
 * is that unit, with nothing cached.
 *
 * <p>A request that a remembered leaf does not let pass is blocked by it: the tables are not asked
 * again.
 */
public final class CachingUnit {
  private final UnitConfig config;
  private final boolean legacy;
  private final boolean cachesAbsent;
  private final PagingWalk paging;

  /**
   * @param config what the unit is and how its registers are set
   */
  public CachingUnit(UnitConfig config) {
    this.config = config;
    this.legacy = TableMode.of(config) == TableMode.LEGACY;
    this.cachesAbsent = config.capabilities().cachesAbsent();
    this.paging = new PagingWalk(config, PagingWalk.Reasons.LEGACY);
  }

  /** {@return what becomes of {@code request}; what it took is in {@code caches} afterwards} */
  public Outcome translate(PhysicalMemory memory, Caches caches, Request request) {
    Optional<Outcome> early = BeforeTables.of(request, config.translationEnabled());
    if (early.isPresent()) {
      return early.get();
    }
    if (!legacy) {
      return new Unit(memory, config).translate(request);
    }
    DeviceEntryCache contexts = caches.deviceEntries();
    int place = contexts.find(request.requester().value());
    if (place != DeviceEntryCache.NOT_CACHED) {
      return byContext(memory, caches, request, contexts.low(place), contexts.high(place));
    }
    return byDeviceTables(memory, caches, request);
  }

  private Outcome byDeviceTables(PhysicalMemory memory, Caches caches, Request request) {
    return switch (ContextLookup.of(memory, config, request)) {
      case ContextLookup.Unread unread -> unread.outcome();
      case ContextLookup.Faulted faulted -> {
        long suppression = ContextEntry.FPD.inPlace(faulted.low());
        keepAbsent(caches, request, suppression, faulted.reason());
        yield faults(faulted.low()).blocked(request, faulted.reason());
      }
      case ContextLookup.Found found -> {
        caches.deviceEntries().keep(request.requester().value(), found.low(), found.high());
        yield byContext(memory, caches, request, found.low(), found.high());
      }
    };
  }

  /** Remembers an entry that is not present, if the unit does that; other faults it does not. */
  private void keepAbsent(Caches caches, Request request, long low, FaultReason reason) {
    boolean absent =
        reason == FaultReason.ROOT_NOT_PRESENT || reason == FaultReason.CONTEXT_NOT_PRESENT;
    if (cachesAbsent && absent) {
      caches.deviceEntries().keep(request.requester().value(), low, reason.code());
    }
  }

  private Outcome byContext(
      PhysicalMemory memory, Caches caches, Request request, long low, long high) {
    if (!ContextEntry.isPresent(low)) {
      return faults(low).blocked(request, FaultReason.of((int) high).orElseThrow());
    }
    if (ContextEntry.translationType(low) == ContextEntry.TT_PASS_THROUGH) {
      return new Outcome.Reached(request.iova());
    }
    int domainId = ContextEntry.domainId(high);
    long value = caches.iotlb().find(domainId, ContextEntry.levels(high), request.iova());
    return value == Iotlb.NOT_CACHED
        ? byTables(memory, caches, request, low, high)
        : byTranslation(request, low, value);
  }

  private Outcome byTables(
      PhysicalMemory memory, Caches caches, Request request, long low, long high) {
    WalkSink sink = caches.sink(ContextEntry.domainId(high), cachesAbsent);
    return paging.translate(
        memory, request, ContextEntry.table(low), ContextEntry.levels(high), faults(low), sink);
  }

  private Outcome byTranslation(Request request, long low, long value) {
    if (!Iotlb.allows(value, request.access())) {
      boolean read = request.access() == Access.READ;
      FaultReason reason = read ? FaultReason.NO_READ_PERMISSION : FaultReason.NO_WRITE_PERMISSION;
      return faults(low).blocked(request, reason);
    }
    long physical = Iotlb.physical(value, request.iova());
    return InterruptWindow.contains(physical)
        ? faults(low).blocked(request, FaultReason.OUTPUT_IN_INTERRUPT_RANGE)
        : new Outcome.Reached(physical);
  }

  private Faults faults(long low) {
    return new Faults(ContextEntry.suppressesFaultRecords(low), config.wholeMemory());
  }
}
