// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.WalkVisitor;

/** Joins mapped pages that run on into one run before a visitor is told. */
final class MappingRun {
  private final WalkVisitor visitor;

  private long iova;
  private long physical;
  private long sizeBytes;

  MappingRun(WalkVisitor visitor) {
    this.visitor = visitor;
  }

  /** Adds a page behind all before it. */
  void addPage(long newIova, long newPhysical) {
    if (newIova != iova + sizeBytes || newPhysical != physical + sizeBytes) {
      end();
      iova = newIova;
      physical = newPhysical;
    }
    sizeBytes += PteTable.PAGE_BYTES;
  }

  /** Tells what was gathered. */
  void end() {
    if (sizeBytes != 0) {
      visitor.mapping(iova, iova + sizeBytes - 1, physical, Permissions.READ_WRITE);
    }
    sizeBytes = 0;
  }
}
