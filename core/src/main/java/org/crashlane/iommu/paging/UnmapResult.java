// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

/** What became of unmapping a range. */
public sealed interface UnmapResult {

  /**
   * Nothing of the range is mapped now.
   *
   * @param leafCount leaves taken out, of all sizes
   * @param bytes how much they mapped
   */
  record Unmapped(long leafCount, long bytes) implements UnmapResult {}

  /**
   * Nothing was written.
   *
   * @param reason in words for the user
   */
  record Refused(String reason) implements UnmapResult {}
}
