// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import java.util.Arrays;
import java.util.OptionalLong;
import org.crashlane.model.hardware.Fingerprint;

/**
 * A domain's IOVAs, handed out from the top down in blocks of a power of two pages, aligned to
 * their size ({@code alloc_iova} of Linux 2.6.27, drivers/pci/iova.c, with {@code size_aligned}).
 * Where Linux searches by a tree of what is taken, from where it last found something, this finds
 * the highest block at once: the addresses are the same, the time does not grow with what is taken.
 *
 * <p>Pages are numbered by 4 KiB of IOVA.
 */
public final class TopDownIovas {
  private static final long[] NOTHING = {};

  private final long pageCount;
  private final int height;
  private BuddyTree pages;

  /** Reserved pages, as pairs of first and last, in rising order, apart from each other. */
  private long[] reserved;

  private long takenCount;

  private TopDownIovas(
      long pageCount, int height, BuddyTree pages, long[] reserved, long takenCount) {
    this.pageCount = pageCount;
    this.height = height;
    this.pages = pages;
    this.reserved = reserved;
    this.takenCount = takenCount;
  }

  /** {@return the pages from 0 on, all free; {@code pageCount} at least 1} */
  public static TopDownIovas ofPages(long pageCount) {
    if (pageCount < 1) {
      throw new IllegalArgumentException("no pages to hand out: " + pageCount);
    }
    return new TopDownIovas(pageCount, BuddyTree.heightFor(pageCount), BuddyTree.FREE, NOTHING, 0);
  }

  /** {@return how many pages a block has that serves {@code count} pages: a power of two} */
  public static long blockPageCount(long count) {
    return 1L << order(count);
  }

  /**
   * {@return the first page of a block that is now taken, the highest there is; or nothing}
   *
   * @param count how many pages are wanted, at least 1; a block of the next power of two is taken
   * @param limitPage no page of the block lies above this one
   */
  public OptionalLong take(long count, long limitPage) {
    int order = order(count);
    long limit = Math.min(limitPage, pageCount - 1);
    long first = BuddyTree.highest(pages, height, order, limit);
    if (first == BuddyTree.NONE) {
      return OptionalLong.empty();
    }
    pages = BuddyTree.with(pages, height, first, first + (1L << order) - 1, true);
    takenCount += 1L << order;
    return OptionalLong.of(first);
  }

  /**
   * Gives back the block at {@code first}; what is reserved of it stays out of use.
   *
   * @param count as it was taken
   */
  public void giveBack(long first, long count) {
    long last = first + blockPageCount(count) - 1;
    if (first < 0 || last >= pageCount) {
      throw new IllegalArgumentException("pages " + first + " to " + last + " are none of these");
    }
    pages = BuddyTree.with(pages, height, first, last, false);
    takenCount -= last - first + 1;
    for (int i = 0; i < reserved.length; i += 2) {
      block(Math.max(first, reserved[i]), Math.min(last, reserved[i + 1]));
    }
  }

  /**
   * Keeps the pages from {@code first} to {@code last} from being handed out from now on; those
   * that are taken stay so. What lies beyond the last page there is, is left out.
   */
  public void reserve(long first, long last) {
    long to = Math.min(last, pageCount - 1);
    if (first <= to) {
      block(first, to);
      reserved = withRange(reserved, first, to);
    }
  }

  /** {@return true if {@code page} is taken or reserved, or none of these} */
  public boolean isInUse(long page) {
    return page < 0 || page >= pageCount || BuddyTree.isTaken(pages, height, page);
  }

  /** {@return how many pages are taken; reserved ones are not} */
  public long takenCount() {
    return takenCount;
  }

  /** {@return IOVAs in the same state, that change by themselves} */
  public TopDownIovas fork() {
    return new TopDownIovas(pageCount, height, pages, reserved, takenCount);
  }

  /** Adds all state to {@code into}. */
  public void addTo(Fingerprint into) {
    into.add(pageCount);
    into.add(BuddyTree.digest(pages));
    into.add(takenCount);
    into.add(reserved.length);
    for (long bound : reserved) {
      into.add(bound);
    }
  }

  private void block(long first, long last) {
    if (first <= last) {
      pages = BuddyTree.with(pages, height, first, last, true);
    }
  }

  private static int order(long count) {
    if (count < 1) {
      throw new IllegalArgumentException("pages: expected at least 1, got " + count);
    }
    return Long.SIZE - Long.numberOfLeadingZeros(count - 1);
  }

  /** {@return the ranges with one more, those that touch made one} */
  private static long[] withRange(long[] ranges, long first, long last) {
    long[] after = new long[ranges.length + 2];
    int used = 0;
    long from = first;
    long to = last;
    for (int i = 0; i < ranges.length; i += 2) {
      if (ranges[i + 1] + 1 < from) {
        after[used++] = ranges[i];
        after[used++] = ranges[i + 1];
      } else if (ranges[i] <= to + 1) {
        from = Math.min(from, ranges[i]);
        to = Math.max(to, ranges[i + 1]);
      }
    }
    int rest = ranges.length;
    while (rest > 0 && ranges[rest - 2] > to + 1) {
      rest -= 2;
    }
    after[used++] = from;
    after[used++] = to;
    for (int i = rest; i < ranges.length; i++) {
      after[used++] = ranges[i];
    }
    return Arrays.copyOf(after, used);
  }
}
