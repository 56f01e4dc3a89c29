// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.iommu.paging.TableEditor;

/**
 * Writes mappings into host page tables, with leaves of 4 KiB, 2 MiB and 1 GiB. Sizes in between
 * are read but not written: they would save cache entries of the unit, and nothing in memory.
 */
public final class Tables extends TableEditor {
  /**
   * @param config the unit whose tables are written
   */
  public Tables(UnitConfig config) {
    super(config.hostTables());
  }
}
