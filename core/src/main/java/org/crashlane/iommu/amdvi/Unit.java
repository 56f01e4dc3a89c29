// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.Optional;
import org.crashlane.iommu.InterruptWindow;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.memory.PhysicalMemory;

/**
 * An AMD IOMMU: translates one request at a time by the tables in memory, with nothing cached.
 *
 * <p>Requests come without a PASID. Accessed and dirty bits are not written. Of the faults that an
 * entry's SE bit lets through once, each counts as the first.
 */
public final class Unit implements Iommu {
  private final PhysicalMemory memory;
  private final UnitConfig config;
  private final PagingWalk paging;

  /**
   * @param memory where the tables are
   * @param config what the unit is and how its registers are set
   */
  public Unit(PhysicalMemory memory, UnitConfig config) {
    this.memory = memory;
    this.config = config;
    this.paging = new PagingWalk(config);
  }

  @Override
  public Outcome translate(Request request) {
    if (InterruptWindow.contains(request.iova())) {
      return new Outcome.Interrupt();
    }
    if (!config.translationEnabled()) {
      return new Outcome.Reached(request.iova());
    }
    return switch (DeviceTableLookup.of(memory, config, request)) {
      case DeviceTableLookup.Missing missing -> missing.outcome();
      case DeviceTableLookup.Found found -> byEntry(request, found.word0(), found.word1());
    };
  }

  private Outcome byEntry(Request request, long word0, long word1) {
    Optional<Outcome> decided = EntryDecision.of(config, request, word0, word1);
    return decided.isPresent()
        ? decided.get()
        : paging.translate(
            memory, request, word0, EntryDecision.faults(config, word1), PagingWalk.Sink.NONE);
  }
}
