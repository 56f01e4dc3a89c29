// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Mapping;

/** Which parts of a wanted mapping one leaf can serve. */
final class LeafSizes {
  private final EntryFormat format;
  private final Geometry geometry;
  private final long physicalMinusIova;

  LeafSizes(EntryFormat format, Geometry geometry, Mapping wanted) {
    this.format = format;
    this.geometry = geometry;
    this.physicalMinusIova = wanted.physicalFirst() - wanted.iova().first();
  }

  /** {@return where {@code iova} is to go} */
  long physical(long iova) {
    return iova + physicalMinusIova;
  }

  /** {@return true if one leaf at {@code level} can map all from {@code first} to {@code last}} */
  boolean fits(int level, long first, long last) {
    return last - first + 1 == geometry.entrySpanBytes(level)
        && geometry.offset(physical(first), level) == 0
        && format.mayBeLeaf(level);
  }
}
