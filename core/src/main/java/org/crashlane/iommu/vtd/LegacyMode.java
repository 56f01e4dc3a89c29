// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.Faults;
import org.crashlane.iommu.paging.WalkSink;
import org.crashlane.memory.PhysicalMemory;

/** Translation through a root table and context tables in legacy mode. */
final class LegacyMode {
  private final PhysicalMemory memory;
  private final UnitConfig config;
  private final PagingWalk paging;

  LegacyMode(PhysicalMemory memory, UnitConfig config) {
    this.memory = memory;
    this.config = config;
    this.paging = new PagingWalk(config, PagingWalk.Reasons.LEGACY);
  }

  Outcome translate(Request request) {
    return switch (ContextLookup.of(memory, config, request)) {
      case ContextLookup.Unread unread -> unread.outcome();
      case ContextLookup.Faulted faulted ->
          faults(faulted.low()).blocked(request, faulted.reason());
      case ContextLookup.Found found -> byContext(request, found.low(), found.high());
    };
  }

  private Outcome byContext(Request request, long low, long high) {
    if (ContextEntry.translationType(low) == ContextEntry.TT_PASS_THROUGH) {
      return new Outcome.Reached(request.iova());
    }
    return paging.translate(
        memory,
        request,
        ContextEntry.table(low),
        ContextEntry.levels(high),
        faults(low),
        WalkSink.NONE);
  }

  private Faults faults(long low) {
    return new Faults(ContextEntry.suppressesFaultRecords(low), config.wholeMemory());
  }
}
