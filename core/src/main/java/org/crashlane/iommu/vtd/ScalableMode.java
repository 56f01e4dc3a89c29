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

/** Translation of requests without a PASID in scalable mode. */
final class ScalableMode {
  private final PhysicalMemory memory;
  private final UnitConfig config;
  private final PasidLookup lookup;
  private final PagingWalk secondLevel;
  private final FirstLevelWalk firstLevel;

  ScalableMode(PhysicalMemory memory, UnitConfig config) {
    this.memory = memory;
    this.config = config;
    this.lookup = new PasidLookup(memory, config);
    this.secondLevel = new PagingWalk(config, PagingWalk.Reasons.SCALABLE);
    this.firstLevel = new FirstLevelWalk(memory, config);
  }

  Outcome translate(Request request) {
    Faults faults = new Faults(false, config.wholeMemory());
    long rootTable = Rtaddr.RTA.inPlace(config.rootTableAddress());
    long address = RootEntry.address(rootTable, request.requester().bus());
    int half = ScalableRootEntry.word(request.requester().devfn());
    long[] root = new long[RootEntry.WORDS];
    try {
      memory.readLongs(address, root, root.length);
    } catch (UnreadableMemoryException e) {
      return faults.unreadable(request, e, FaultReason.SCALABLE_ROOT_ACCESS);
    }
    Optional<FaultReason> fault = ScalableRootEntry.fault(root, half, config.hostAddressWidth());
    if (fault.isPresent()) {
      return faults.blocked(request, fault.get());
    }
    return throughContext(request, ScalableRootEntry.contextTable(root[half]), faults);
  }

  private Outcome throughContext(Request request, long contextTable, Faults before) {
    long[] words = new long[ScalableContextEntry.WORDS];
    long address = ScalableContextEntry.address(contextTable, request.requester().devfn());
    try {
      memory.readLongs(address, words, words.length);
    } catch (UnreadableMemoryException e) {
      return before.unreadable(request, e, FaultReason.SCALABLE_CONTEXT_ACCESS);
    }
    Faults faults = before.suppressedBy(ScalableContextEntry.FPD.isSet(words[0]));
    Optional<FaultReason> fault = ScalableContextEntry.fault(words, config.hostAddressWidth());
    if (fault.isPresent()) {
      return faults.blocked(request, fault.get());
    }
    return follow(request, lookup.route(words[0], words[1]), faults);
  }

  private Outcome follow(Request request, PasidRoute route, Faults faults) {
    return switch (route) {
      case PasidRoute.SecondLevel s ->
          secondLevel.translate(
              memory,
              request,
              s.table().root(),
              s.table().levels(),
              faults.suppressedBy(s.suppressed()),
              WalkSink.NONE);
      case PasidRoute.FirstLevel f ->
          firstLevel.translate(request, f, faults.suppressedBy(f.suppressed()));
      case PasidRoute.PassThrough _ -> new Outcome.Reached(request.iova());
      case PasidRoute.Nested n ->
          new Outcome.Unknown(n.entryAddress(), "nested translation is not followed");
      case PasidRoute.Broken b -> faults.suppressedBy(b.suppressed()).blocked(request, b.reason());
      case PasidRoute.Unreadable u ->
          faults.suppressedBy(u.suppressed()).unreadable(request, u.cause(), u.reason());
    };
  }
}
