// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.Optional;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.Faults;
import org.crashlane.iommu.paging.WalkSink;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/** What the root and context tables of legacy mode have for a requester. */
sealed interface ContextLookup {

  /**
   * A context entry that is in order.
   *
   * @param low its low word
   * @param high its high word
   */
  record Found(long low, long high) implements ContextLookup {}

  /**
   * An entry that blocks.
   *
   * @param reason why
   * @param low the low word of the context entry; 0 where none was reached
   */
  record Faulted(FaultReason reason, long low) implements ContextLookup {}

  /**
   * A table that cannot be read.
   *
   * @param outcome what becomes of the request
   */
  record Unread(Outcome outcome) implements ContextLookup {}

  /** {@return what there is for {@code request}, checks in hardware's order} */
  static ContextLookup of(
      PhysicalMemory memory, UnitConfig config, Request request, WalkSink sink) {
    long rootTable = Rtaddr.RTA.inPlace(config.rootTableAddress());
    long address = RootEntry.address(rootTable, request.requester().bus());
    long low;
    long high;
    try {
      low = memory.readLong(address);
      high = memory.readLong(address + Long.BYTES);
    } catch (UnreadableMemoryException e) {
      sink.unreadable(e.address());
      return unread(config, request, e, FaultReason.ROOT_ACCESS);
    }
    sink.deviceEntry(Named.ROOT_ENTRY, address, low, high);
    Optional<FaultReason> fault = RootEntry.fault(low, high, config.hostAddressWidth());
    return fault.isPresent()
        ? new Faulted(fault.get(), 0)
        : inContextTable(memory, config, request, RootEntry.contextTable(low), sink);
  }

  private static ContextLookup inContextTable(
      PhysicalMemory memory, UnitConfig config, Request request, long contextTable, WalkSink sink) {
    long address = ContextEntry.address(contextTable, request.requester().devfn());
    long low;
    long high;
    try {
      low = memory.readLong(address);
      high = memory.readLong(address + Long.BYTES);
    } catch (UnreadableMemoryException e) {
      sink.unreadable(e.address());
      return unread(config, request, e, FaultReason.CONTEXT_ACCESS);
    }
    sink.deviceEntry(Named.CONTEXT_ENTRY, address, low, high);
    Optional<FaultReason> fault = ContextEntry.fault(low, high, config);
    return fault.isPresent() ? new Faulted(fault.get(), low) : new Found(low, high);
  }

  private static ContextLookup unread(
      UnitConfig config, Request request, UnreadableMemoryException e, FaultReason reason) {
    return new Unread(Faults.RECORDED.unreadable(request, e, reason, config.wholeMemory()));
  }
}
