// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.iommu.vtd.Registers.Ecap;
import org.crashlane.iommu.vtd.Registers.Rtaddr;

/**
 * By what kind of tables a unit that translates finds out where a device goes (VT-d specification,
 * "Root Table Address Register", TTM).
 */
enum TableMode {
  /** Root and context tables. */
  LEGACY,
  /** Scalable-mode root and context tables, PASID directories and tables. */
  SCALABLE,
  /** None: every request is blocked, as the register asks. */
  ABORTING,
  /** None: every request is blocked, because the unit does not have what the register asks for. */
  INVALID;

  /** {@return the mode that the root table address register and ECAP.SMTS make} */
  static TableMode of(UnitConfig config) {
    return switch ((int) Rtaddr.TTM.get(config.rootTableAddress())) {
      case Rtaddr.TTM_LEGACY -> LEGACY;
      case Rtaddr.TTM_SCALABLE ->
          Ecap.SMTS.isSet(config.capabilities().ecap()) ? SCALABLE : INVALID;
      case Rtaddr.TTM_ABORT_DMA -> ABORTING;
      default -> INVALID;
    };
  }
}
