// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.BitField;

/**
 * How often each table page was visited in a walk: a hash table of primitives, which takes memory
 * by the page and never by the visit.
 *
 * <p>Tables are mostly neighbours, so 8 pages share a place, a byte for each: with a place for
 * every page, each visit in a walk of 1 GiB of tables was a cache miss or two.
 */
public final class VisitCounts {
  /** As far as visits are counted: a page visited this often may have been visited more often. */
  public static final int COUNT_MAX = 255;

  private static final int FIRST_CAPACITY = 1 << 8;

  /** The 8 pages of 4 KiB that a page is one of. */
  private static final BitField BLOCK = BitField.bits("block", 63, 15);

  private static final BitField PAGE_IN_BLOCK = BitField.bits("page in block", 14, 12);

  /** Spreads block numbers over the high bits (Knuth's 2^64 / phi). */
  private static final long SPREAD = 0x9e37_79b9_7f4a_7c15L;

  private long[] blocks = new long[FIRST_CAPACITY];

  /** For each block a byte for each of its pages; 0 where there is no block. */
  private long[] counts = new long[FIRST_CAPACITY];

  private int blockCount;

  /** Makes a table without a visit. */
  public VisitCounts() {}

  /**
   * {@return how often {@code page} was visited, this visit included, up to {@link #COUNT_MAX}}
   *
   * @param page address of a page of 4 KiB
   */
  public int visit(long page) {
    if (blockCount * 2 >= blocks.length) {
      grow();
    }
    long block = BLOCK.get(page);
    int slot = slot(block);
    if (counts[slot] == 0) {
      blocks[slot] = block;
      blockCount++;
    }
    int shift = (int) PAGE_IN_BLOCK.get(page) * Byte.SIZE;
    int before = Byte.toUnsignedInt((byte) (counts[slot] >>> shift));
    if (before == COUNT_MAX) {
      return COUNT_MAX;
    }
    counts[slot] += 1L << shift;
    return before + 1;
  }

  private int slot(long block) {
    int slot = (int) ((block * SPREAD) >>> (Long.numberOfLeadingZeros(blocks.length) + 1));
    while (counts[slot] != 0 && blocks[slot] != block) {
      slot = (slot + 1) & (blocks.length - 1);
    }
    return slot;
  }

  private void grow() {
    long[] oldBlocks = blocks;
    long[] oldCounts = counts;
    blocks = new long[oldBlocks.length * 2];
    counts = new long[oldCounts.length * 2];
    for (int i = 0; i < oldBlocks.length; i++) {
      if (oldCounts[i] != 0) {
        int slot = slot(oldBlocks[i]);
        blocks[slot] = oldBlocks[i];
        counts[slot] = oldCounts[i];
      }
    }
  }
}
