// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.Faults;
import org.crashlane.iommu.paging.RequestWalk;
import org.crashlane.iommu.paging.WalkSink;
import org.crashlane.iommu.vtd.PageTableFormat.Privilege;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/** Translation of requests without a PASID in scalable mode. */
final class ScalableMode {
  private final UnitConfig config;
  private final PasidLookup lookup;
  private final RequestWalk secondLevel;
  private final Map<Privilege, RequestWalk> firstLevel = new EnumMap<>(Privilege.class);

  ScalableMode(UnitConfig config) {
    this.config = config;
    this.lookup = new PasidLookup(config);
    this.secondLevel = new RequestWalk(config.secondLevel(), config.wholeMemory());
    for (Privilege privilege : Privilege.values()) {
      firstLevel.put(
          privilege, new RequestWalk(config.firstLevel(privilege), config.wholeMemory()));
    }
  }

  Outcome translate(PhysicalMemory memory, Request request, WalkSink sink) {
    Faults faults = Faults.RECORDED;
    long rootTable = Rtaddr.RTA.inPlace(config.rootTableAddress());
    long address = RootEntry.address(rootTable, request.requester().bus());
    int half = ScalableRootEntry.word(request.requester().devfn());
    long[] root = new long[RootEntry.WORDS];
    try {
      memory.readLongs(address, root, root.length);
    } catch (UnreadableMemoryException e) {
      sink.unreadable(e.address());
      return faults.unreadable(request, e, FaultReason.SCALABLE_ROOT_ACCESS, config.wholeMemory());
    }
    sink.deviceEntry(Named.SCALABLE_ROOT_ENTRY, address, root[0], root[1]);
    Optional<FaultReason> fault = ScalableRootEntry.fault(root, half, config.hostAddressWidth());
    if (fault.isPresent()) {
      return faults.blocked(request, fault.get());
    }
    return throughContext(
        memory, request, ScalableRootEntry.contextTable(root[half]), faults, sink);
  }

  private Outcome throughContext(
      PhysicalMemory memory, Request request, long contextTable, Faults before, WalkSink sink) {
    long[] words = new long[ScalableContextEntry.WORDS];
    long address = ScalableContextEntry.address(contextTable, request.requester().devfn());
    try {
      memory.readLongs(address, words, words.length);
    } catch (UnreadableMemoryException e) {
      sink.unreadable(e.address());
      return before.unreadable(
          request, e, FaultReason.SCALABLE_CONTEXT_ACCESS, config.wholeMemory());
    }
    sink.deviceEntry(Named.SCALABLE_CONTEXT_ENTRY, address, words[0], words[1]);
    Faults faults = before.suppressedBy(ScalableContextEntry.FPD.isSet(words[0]));
    Optional<FaultReason> fault = ScalableContextEntry.fault(words, config.hostAddressWidth());
    if (fault.isPresent()) {
      return faults.blocked(request, fault.get());
    }
    return follow(memory, request, lookup.route(memory, words[0], words[1]), faults, sink);
  }

  private Outcome follow(
      PhysicalMemory memory, Request request, PasidRoute route, Faults faults, WalkSink sink) {
    return switch (route) {
      case PasidRoute.SecondLevel s ->
          secondLevel.translate(
              memory, request, s.table(), faults.suppressedBy(s.suppressed()), sink);
      case PasidRoute.FirstLevel f ->
          firstLevel
              .get(f.privilege())
              .translate(memory, request, f.table(), faults.suppressedBy(f.suppressed()), sink);
      case PasidRoute.PassThrough _ -> new Outcome.Reached(request.iova());
      case PasidRoute.Nested n -> new Outcome.Unknown(n.entryAddress(), Reason.of(Named.NESTED));
      case PasidRoute.Broken b -> faults.suppressedBy(b.suppressed()).blocked(request, b.reason());
      case PasidRoute.Unreadable u ->
          faults
              .suppressedBy(u.suppressed())
              .unreadable(request, u.cause(), u.reason(), config.wholeMemory());
    };
  }
}
