// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.BeforeTables;
import org.crashlane.iommu.paging.Faults;
import org.crashlane.iommu.paging.WalkSink;
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
    return BeforeTables.of(request, config.translationEnabled())
        .orElseGet(() -> byDeviceTable(request));
  }

  private Outcome byDeviceTable(Request request) {
    return switch (DeviceTableLookup.of(memory, config, request)) {
      case DeviceTableLookup.Missing missing -> missing.outcome();
      case DeviceTableLookup.Found found -> byEntry(request, found.word0(), found.word1());
    };
  }

  private Outcome byEntry(Request request, long word0, long word1) {
    Faults faults = EntryDecision.faults(config, word1);
    return EntryDecision.of(config, request, word0, word1)
        .orElseGet(() -> paging.translate(memory, request, word0, faults, WalkSink.NONE));
  }
}
