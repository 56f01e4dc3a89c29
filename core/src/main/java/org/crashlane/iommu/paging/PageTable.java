// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import org.crashlane.bits.BitField;

/**
 * The shape that page tables have in memory: pages of 512 entries of 8 bytes, each level
 * translating 9 bits of the address above the 12 of the page offset (VT-d specification, "DMA
 * remapping page tables"; AMD IOMMU specification, "I/O Page Tables for Host Translations").
 */
public final class PageTable {
  /** Entries of a table. */
  public static final int ENTRY_COUNT = 512;

  /** Size of an entry in bytes. */
  public static final int ENTRY_BYTES = Long.BYTES;

  /** Size of a table, and of the smallest page that it maps, in bytes. */
  public static final int PAGE_BYTES = ENTRY_COUNT * ENTRY_BYTES;

  private static final int LEVELS_MIN = 2;

  /** The most levels that tables may have. */
  public static final int LEVELS_MAX = 6;

  /** The part of an address that stays within a 4 KiB page. */
  public static final BitField PAGE_OFFSET = BitField.bits("page offset", 11, 0);

  /** Which entry of the table at level 1 to 6 an address goes through. */
  private static final BitField[] INDEX = {
    PAGE_OFFSET,
    BitField.bits("level 1 index", 20, 12),
    BitField.bits("level 2 index", 29, 21),
    BitField.bits("level 3 index", 38, 30),
    BitField.bits("level 4 index", 47, 39),
    BitField.bits("level 5 index", 56, 48),
    BitField.bits("level 6 index", 63, 57),
  };

  private PageTable() {}

  /** {@return which entry of a table at {@code level} serves {@code address}, 0 to 511} */
  public static int index(long address, int level) {
    return (int) INDEX[level].get(address);
  }

  /** {@return how many entries of a table at {@code level} an address can choose, 128 or 512} */
  public static int entryCount(int level) {
    return 1 << INDEX[level].width();
  }

  /** {@return how many bytes an entry at {@code level} serves} */
  public static long entrySpanBytes(int level) {
    return 1L << INDEX[level].low();
  }

  /** {@return how many bits of the address tables of {@code levels} levels translate} */
  public static int addressWidth(int levels) {
    return INDEX[levels].high() + 1;
  }

  /** {@return how many levels tables have that translate {@code addressWidth} bits, rounded up} */
  public static int levels(int addressWidth) {
    int levels = LEVELS_MIN;
    while (addressWidth(levels) < addressWidth) {
      levels++;
    }
    return levels;
  }

  /** {@return the part of {@code address} that an entry at {@code level} passes on} */
  public static long offset(long address, int level) {
    return address & (entrySpanBytes(level) - 1);
  }

  /**
   * {@return the last address that the entry at {@code level} serves which serves {@code address}}
   */
  public static long lastOfEntry(long address, int level) {
    return address | (entrySpanBytes(level) - 1);
  }

  /** {@return the last address up to {@code last} that shares an entry with {@code address}} */
  public static long lastOfPart(long address, int level, long last) {
    long lastOfEntry = lastOfEntry(address, level);
    return Long.compareUnsigned(lastOfEntry, last) < 0 ? lastOfEntry : last;
  }

  /** {@return {@code address} without its page offset} */
  public static long page(long address) {
    return address & ~PAGE_OFFSET.mask();
  }

  /** {@return the physical address of entry {@code index} of the table at {@code table}} */
  public static long entryAddress(long table, int index) {
    return table + (long) index * ENTRY_BYTES;
  }
}
