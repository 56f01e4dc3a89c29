// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.iommu.paging.TableEditor;

/** Writes mappings into second-level tables, with leaves as large as CAP.SLLPS allows. */
public final class Tables extends TableEditor {
  /**
   * @param config the unit whose tables are written
   */
  public Tables(UnitConfig config) {
    super(config.secondLevel());
  }
}
