// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.WalkVisitor;

/** Joins pages that run on into one mapping before a visitor is told. */
final class MappingRun {
  private final WalkVisitor visitor;

  private long iova;
  private long physical;
  private long sizeBytes;
  private Permissions permissions = Permissions.NONE;

  MappingRun(WalkVisitor visitor) {
    this.visitor = visitor;
  }

  /** Adds the page at {@code newIova}, behind all before it, as {@code tce} maps it. */
  void add(long newIova, long tce) {
    long newPhysical = Tce.target(tce);
    Permissions newPermissions = Tce.permissions(tce);
    boolean runsOn =
        newIova == iova + sizeBytes
            && newPhysical == physical + sizeBytes
            && newPermissions == permissions;
    if (!runsOn) {
      end();
      iova = newIova;
      physical = newPhysical;
      permissions = newPermissions;
    }
    sizeBytes += Tce.PAGE_BYTES;
  }

  /** Tells what was gathered. */
  void end() {
    if (sizeBytes != 0) {
      visitor.mapping(iova, iova + sizeBytes - 1, physical, permissions);
    }
    sizeBytes = 0;
  }
}
