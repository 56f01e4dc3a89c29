// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

/**
 * How far a walk goes in tables that are wrong: garbage may point anywhere and in circles.
 *
 * @param visitsPerTablePage how often one table page is read; tables may rightly share pages, and a
 *     page that maps itself is read once at every level; from {@link VisitCounts#COUNT_MAX} up,
 *     without limit
 * @param tablePageCount how many pages one walk reads in all
 * @param malformationCount how many malformations one walk tells
 */
public record WalkLimits(int visitsPerTablePage, long tablePageCount, int malformationCount) {
  /** For tables of any real machine: 4 Mi table pages hold the 4 KiB leaves of 8 TiB. */
  public static final WalkLimits DEFAULT = new WalkLimits(64, 1L << 22, 1 << 16);

  /**
   * For the tables that tell which device goes where: 1 GiB of them, all pages of which are listed;
   * real ones have some hundred pages.
   */
  public static final WalkLimits DEVICE_TABLES = new WalkLimits(1, 1L << 18, 1 << 12);

  public WalkLimits {
    if (visitsPerTablePage < 1 || tablePageCount < 1 || malformationCount < 1) {
      throw new IllegalArgumentException(
          "walk limits below 1: %d, %d, %d"
              .formatted(visitsPerTablePage, tablePageCount, malformationCount));
    }
  }
}
