// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.Optional;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.BeforeTables;
import org.crashlane.iommu.paging.Faults;
import org.crashlane.memory.PhysicalMemory;

/**
 * A VT-d unit: translates one request at a time by the tables in memory, with nothing cached.
 *
 * <p>Requests come without a PASID; in scalable mode the PASID that stands for those decides. Where
 * the manual leaves a choice or was not at hand, it does as QEMU 7.2 does: pass-through lets any
 * address pass, and asks of AW only that the unit supports it. Accessed and dirty bits are not
 * written.
 */
public final class Unit implements Iommu {
  private final UnitConfig config;
  private final LegacyMode legacy;
  private final ScalableMode scalable;

  /**
   * @param memory where the tables are
   * @param config what the unit is and how its registers are set
   */
  public Unit(PhysicalMemory memory, UnitConfig config) {
    this.config = config;
    this.legacy = new LegacyMode(memory, config);
    this.scalable = new ScalableMode(memory, config);
  }

  @Override
  public Outcome translate(Request request) {
    Optional<Outcome> early = BeforeTables.of(request, config.translationEnabled());
    if (early.isPresent()) {
      return early.get();
    }
    return switch (TableMode.of(config)) {
      case LEGACY -> legacy.translate(request);
      case SCALABLE -> scalable.translate(request);
      case ABORTING -> modeFault(request, FaultReason.MODE_ABORT);
      case INVALID -> modeFault(request, FaultReason.MODE_INVALID);
    };
  }

  private Outcome modeFault(Request request, FaultReason reason) {
    return new Faults(false, config.wholeMemory()).blocked(request, reason);
  }
}
