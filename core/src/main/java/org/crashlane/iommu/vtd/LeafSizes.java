// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.iommu.Mapping;

/** Which parts of a wanted mapping one leaf can serve. */
final class LeafSizes {
  private final Capabilities capabilities;
  private final long physicalMinusIova;

  LeafSizes(Capabilities capabilities, Mapping wanted) {
    this.capabilities = capabilities;
    this.physicalMinusIova = wanted.physicalFirst() - wanted.iova().first();
  }

  /** {@return where {@code iova} is to go} */
  long physical(long iova) {
    return iova + physicalMinusIova;
  }

  /** {@return true if one leaf at {@code level} can map all from {@code first} to {@code last}} */
  boolean fits(int level, long first, long last) {
    return last - first + 1 == PageTable.entrySpanBytes(level)
        && PageTable.offset(physical(first), level) == 0
        && capabilities.supportsLeafAt(level);
  }
}
