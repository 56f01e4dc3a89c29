// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.modes;

import org.crashlane.model.mode.Mode;
import org.crashlane.model.mode.amdvi.AmdviMode;
import org.crashlane.model.mode.calgary.CalgaryMode;
import org.crashlane.model.mode.gart.GartMode;
import org.crashlane.model.mode.nommu.NommuMode;
import org.crashlane.model.mode.swiotlb.SwiotlbMode;
import org.crashlane.model.mode.vtd.VtdMode;
import org.crashlane.rehearsal.MappingMode;

/** The mapping modes that the model has: the one place that lists them. */
public final class Modes {
  private Modes() {}

  /** {@return how {@code mode} is modelled} */
  public static Mode of(MappingMode mode) {
    return switch (mode) {
      case NOMMU -> new NommuMode();
      case SWIOTLB -> new SwiotlbMode();
      case GART -> new GartMode();
      case CALGARY -> new CalgaryMode();
      case VTD -> new VtdMode();
      case AMDVI -> new AmdviMode();
    };
  }
}
