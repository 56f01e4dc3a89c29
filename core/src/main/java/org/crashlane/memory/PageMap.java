// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

/**
 * Pages of 512 words by page number, in an open-addressed table: a map of boxed numbers would cost
 * more than the memory it serves.
 */
final class PageMap {
  private static final int INITIAL_SLOTS = 64;
  private static final long HASH_MULTIPLIER = 0x9E3779B97F4A7C15L;

  private long[] numbers = new long[INITIAL_SLOTS];
  private long[][] pages = new long[INITIAL_SLOTS][];
  private int count;

  /** {@return the page, or {@code otherwise} where there is none} */
  long[] getOr(long pageNumber, long[] otherwise) {
    long[] page = pages[slot(pageNumber)];
    return page == null ? otherwise : page;
  }

  boolean contains(long pageNumber) {
    return pages[slot(pageNumber)] != null;
  }

  /** {@return the page, a new one of zeros where there was none} */
  long[] getOrCreate(long pageNumber) {
    int slot = slot(pageNumber);
    if (pages[slot] == null) {
      if (2 * (count + 1) > pages.length) {
        grow();
        slot = slot(pageNumber);
      }
      numbers[slot] = pageNumber;
      pages[slot] = new long[Words.PER_PAGE];
      count++;
    }
    return pages[slot];
  }

  private int slot(long pageNumber) {
    int mask = pages.length - 1;
    int slot = (int) ((pageNumber * HASH_MULTIPLIER) >>> Integer.SIZE) & mask;
    while (pages[slot] != null && numbers[slot] != pageNumber) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldNumbers = numbers;
    long[][] oldPages = pages;
    numbers = new long[2 * oldPages.length];
    pages = new long[2 * oldPages.length][];
    for (int i = 0; i < oldPages.length; i++) {
      if (oldPages[i] != null) {
        int slot = slot(oldNumbers[i]);
        numbers[slot] = oldNumbers[i];
        pages[slot] = oldPages[i];
      }
    }
  }
}
