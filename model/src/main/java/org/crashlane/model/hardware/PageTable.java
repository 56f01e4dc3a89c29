// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

/** Pages by page number, in an open-addressed table. */
final class PageTable {
  private static final int INITIAL_SLOTS = 64;

  private long[] numbers;
  private Page[] pages;
  private int count;

  PageTable() {
    this(new long[INITIAL_SLOTS], new Page[INITIAL_SLOTS], 0);
  }

  private PageTable(long[] numbers, Page[] pages, int count) {
    this.numbers = numbers;
    this.pages = pages;
    this.count = count;
  }

  /** {@return the page, or null where there is none: nobody outside this package sees it} */
  Page get(long number) {
    return pages[slot(number)];
  }

  void put(long number, Page page) {
    int slot = slot(number);
    if (pages[slot] == null) {
      if (2 * (count + 1) > pages.length) {
        grow();
        slot = slot(number);
      }
      numbers[slot] = number;
      count++;
    }
    pages[slot] = page;
  }

  /** {@return a table of the same pages, all shared from now on} */
  PageTable fork() {
    for (Page page : pages) {
      if (page != null) {
        page.share();
      }
    }
    return new PageTable(numbers.clone(), pages.clone(), count);
  }

  /** {@return 64 bits that stand for all pages, in whatever order they came} */
  long digest() {
    long sum = 0;
    for (int i = 0; i < pages.length; i++) {
      if (pages[i] != null) {
        sum += Fingerprint.mix(Fingerprint.mix(numbers[i]) + pages[i].digest());
      }
    }
    return sum;
  }

  private int slot(long number) {
    int mask = pages.length - 1;
    int slot = (int) (Fingerprint.mix(number) & mask);
    while (pages[slot] != null && numbers[slot] != number) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldNumbers = numbers;
    Page[] oldPages = pages;
    numbers = new long[2 * oldPages.length];
    pages = new Page[2 * oldPages.length];
    for (int i = 0; i < oldPages.length; i++) {
      if (oldPages[i] != null) {
        int slot = slot(oldNumbers[i]);
        numbers[slot] = oldNumbers[i];
        pages[slot] = oldPages[i];
      }
    }
  }
}
