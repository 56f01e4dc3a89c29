// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.BitField;
import org.crashlane.bits.LongTable;

/**
 * How often each table page was visited in a walk: takes memory by the page and never by the visit.
 *
 * <p>Tables are mostly neighbours, so 8 pages share a place, a byte for each: with a place for
 * every page, each visit in a walk of 1 GiB of tables was a cache miss or two.
 */
public final class VisitCounts {
  /** As far as visits are counted: a page visited this often may have been visited more often. */
  public static final int COUNT_MAX = 255;

  /** The 8 pages of 4 KiB that a page is one of. */
  private static final BitField BLOCK = BitField.bits("block", 63, 15);

  private static final BitField PAGE_IN_BLOCK = BitField.bits("page in block", 14, 12);

  /** For each block, by its number and one, a byte for each of its pages. */
  private final LongTable counts = new LongTable();

  /** Makes a table without a visit. */
  public VisitCounts() {}

  /**
   * {@return how often {@code page} was visited, this visit included, up to {@link #COUNT_MAX}}
   *
   * @param page address of a page of 4 KiB
   */
  public int visit(long page) {
    long key = BLOCK.get(page) + 1;
    long block = counts.getOr(key, 0);
    int shift = (int) PAGE_IN_BLOCK.get(page) * Byte.SIZE;
    int before = Byte.toUnsignedInt((byte) (block >>> shift));
    if (before == COUNT_MAX) {
      return COUNT_MAX;
    }
    counts.put(key, block + (1L << shift));
    return before + 1;
  }
}
