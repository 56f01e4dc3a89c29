// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

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
 * A VT-d unit: translates one request at a time by its {@link Caches} where they have an answer,
 * and by the tables in memory where they do not. With caches it does what it does without, as long
 * as every change of the tables is followed by the invalidation that it takes. In scalable mode
 * nothing is cached.
 *
 * <p>Requests come without a PASID; in scalable mode the PASID that is set for those decides. Where
 * the manual leaves a choice or was not at hand, it does as QEMU 7.2 does: pass-through lets any
 * address pass, and asks of AW only that the unit supports it. Accessed and dirty bits are not
 * written.
 */
public final class Unit {
  private final UnitConfig config;
  private final TableMode mode;
  private final boolean cachesAbsent;
  private final RequestWalk pageTables;
  private final ScalableMode scalable;

  /**
   * @param config what the unit is and how its registers are set
   */
  public Unit(UnitConfig config) {
    this.config = config;
    this.mode = TableMode.of(config);
    this.cachesAbsent = config.capabilities().cachesAbsent();
    this.pageTables = new RequestWalk(config.secondLevel(), config.wholeMemory());
    this.scalable = new ScalableMode(config);
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
    return switch (mode) {
      case LEGACY -> legacy(memory, caches, request, sink);
      case SCALABLE -> scalable.translate(memory, request, sink);
      case ABORTING -> Faults.RECORDED.blocked(request, FaultReason.MODE_ABORT);
      case INVALID -> Faults.RECORDED.blocked(request, FaultReason.MODE_INVALID);
    };
  }

  private Outcome legacy(PhysicalMemory memory, Caches caches, Request request, WalkSink sink) {
    DeviceEntryCache contexts = caches.deviceEntries();
    int place = contexts.find(request.requester().value());
    return place == DeviceEntryCache.NOT_CACHED
        ? byDeviceTables(memory, caches, request, sink)
        : byContext(memory, caches, request, sink, contexts.low(place), contexts.high(place));
  }

  private Outcome byDeviceTables(
      PhysicalMemory memory, Caches caches, Request request, WalkSink sink) {
    return switch (ContextLookup.of(memory, config, request, sink)) {
      case ContextLookup.Unread unread -> unread.outcome();
      case ContextLookup.Faulted faulted -> {
        long suppression = ContextEntry.FPD.inPlace(faulted.low());
        keepAbsent(caches, request, suppression, faulted.reason());
        yield faults(faulted.low()).blocked(request, faulted.reason());
      }
      case ContextLookup.Found found -> {
        caches.keepDeviceEntry(request.requester().value(), found.low(), found.high());
        yield byContext(memory, caches, request, sink, found.low(), found.high());
      }
    };
  }

  /** Remembers an entry that is not present, if the unit does that; other faults it does not. */
  private void keepAbsent(Caches caches, Request request, long low, FaultReason reason) {
    boolean absent =
        reason == FaultReason.ROOT_NOT_PRESENT || reason == FaultReason.CONTEXT_NOT_PRESENT;
    if (cachesAbsent && absent) {
      caches.keepDeviceEntry(request.requester().value(), low, reason.code());
    }
  }

  private Outcome byContext(
      PhysicalMemory memory, Caches caches, Request request, WalkSink sink, long low, long high) {
    if (!ContextEntry.isPresent(low)) {
      return faults(low).blocked(request, FaultReason.of((int) high).orElseThrow());
    }
    if (ContextEntry.translationType(low) == ContextEntry.TT_PASS_THROUGH) {
      return new Outcome.Reached(request.iova());
    }
    int domainId = ContextEntry.domainId(high);
    int levels = ContextEntry.levels(high);
    Iotlb iotlb = caches.iotlb();
    long value = iotlb.find(domainId, levels, request.iova());
    if (value != Iotlb.NOT_CACHED) {
      return pageTables.remembered(iotlb, value, request, faults(low));
    }
    TableId table = new TableId(ContextEntry.table(low), SecondLevelEntry.geometry(levels));
    WalkSink remembering = caches.sink(domainId, cachesAbsent, sink);
    return pageTables.translate(memory, request, table, faults(low), remembering);
  }

  private static Faults faults(long contextLow) {
    return Faults.of(ContextEntry.suppressesFaultRecords(contextLow));
  }
}
