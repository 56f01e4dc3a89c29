// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.Optional;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

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
    Faults faults = new Faults(false, config.wholeMemory());
    long rootTable = Rtaddr.RTA.inPlace(config.rootTableAddress());
    long address = RootEntry.address(rootTable, request.requester().bus());
    long low;
    long high;
    try {
      low = memory.readLong(address);
      high = memory.readLong(address + Long.BYTES);
    } catch (UnreadableMemoryException e) {
      return faults.unreadable(request, e, FaultReason.ROOT_ACCESS);
    }
    Optional<FaultReason> fault = RootEntry.fault(low, high, config.hostAddressWidth());
    if (fault.isPresent()) {
      return faults.blocked(request, fault.get());
    }
    return throughContext(request, RootEntry.contextTable(low), faults);
  }

  private Outcome throughContext(Request request, long contextTable, Faults before) {
    long address = ContextEntry.address(contextTable, request.requester().devfn());
    long low;
    long high;
    try {
      low = memory.readLong(address);
      high = memory.readLong(address + Long.BYTES);
    } catch (UnreadableMemoryException e) {
      return before.unreadable(request, e, FaultReason.CONTEXT_ACCESS);
    }
    Faults faults = before.suppressedBy(ContextEntry.suppressesFaultRecords(low));
    Optional<FaultReason> fault = ContextEntry.fault(low, high, config);
    if (fault.isPresent()) {
      return faults.blocked(request, fault.get());
    }
    if (ContextEntry.translationType(low) == ContextEntry.TT_PASS_THROUGH) {
      return new Outcome.Reached(request.iova());
    }
    return paging.translate(
        memory,
        request,
        ContextEntry.table(low),
        ContextEntry.levels(high),
        faults,
        PagingWalk.Sink.NONE);
  }
}
