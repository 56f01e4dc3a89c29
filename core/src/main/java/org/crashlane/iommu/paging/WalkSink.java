// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import org.crashlane.iommu.Permissions;

/** Who learns what a unit may cache of a request's way through page tables. */
public interface WalkSink {
  /** Learns nothing. */
  WalkSink NONE =
      new WalkSink() {
        @Override
        public void leaf(long iova, int level, long page, Permissions permissions) {
          // A unit that caches nothing.
        }

        @Override
        public void absent(long iova, int level) {
          // A unit that caches nothing.
        }
      };

  /**
   * An entry at {@code level} maps {@code page}: all that the entry itself serves, be it a whole
   * page or a part of one.
   *
   * @param permissions ANDed over all levels
   */
  void leaf(long iova, int level, long page, Permissions permissions);

  /** The entry at {@code level} is not present. */
  void absent(long iova, int level);
}
