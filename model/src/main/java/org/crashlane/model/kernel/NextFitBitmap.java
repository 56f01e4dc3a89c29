// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import org.crashlane.bits.Alignment;
import org.crashlane.model.hardware.Fingerprint;

/**
 * The pages of a translation table that are taken, handed out from a hint on, as Linux does for
 * Calgary and GART (2.6.27 lib/iommu-helper.c, and {@code iommu_range_alloc} and {@code
 * alloc_iommu} above it). When nothing is left behind the hint the driver flushes its hardware's
 * cache, {@linkplain #wrap wraps} and tries once more: a page given back is not handed out again
 * before that.
 *
 * <p>Linux also keeps an allocation from crossing a device's segment boundary. By default that is 4
 * GiB, which no table of these two crosses, so it is left out here.
 */
public final class NextFitBitmap {
  /** What {@link #take} returns where there is no such run of pages. */
  public static final int NONE = FreeRuns.NONE;

  private final FreeRuns runs;
  private final int pageCount;
  private int hint;
  private int takenCount;

  /**
   * Makes one of {@code pageCount} pages, all free.
   *
   * @throws IllegalArgumentException if there is none
   */
  public NextFitBitmap(int pageCount) {
    this(FreeRuns.of(atLeastOne(pageCount)), pageCount, 0, 0);
  }

  private NextFitBitmap(FreeRuns runs, int pageCount, int hint, int takenCount) {
    this.runs = runs;
    this.pageCount = pageCount;
    this.hint = hint;
    this.takenCount = takenCount;
  }

  /** {@return how many pages there are} */
  public int pageCount() {
    return pageCount;
  }

  /** {@return how many pages are taken or reserved} */
  public int takenCount() {
    return takenCount;
  }

  /** {@return where the next search begins: behind what was taken last} */
  public int hint() {
    return hint;
  }

  /**
   * Takes the first run of free pages from the hint on, and moves the hint behind it.
   *
   * @param count how many pages, at least 1
   * @param alignment the run begins at a multiple of so many pages, a power of two
   * @param limitPage the run ends before this page
   * @return its first page, or {@link #NONE}: then nothing has changed
   */
  public int take(int count, int alignment, int limitPage) {
    atLeastOne(count);
    int limit = Math.min(limitPage, pageCount);
    int first = hint;
    while (true) {
      first = runs.find(first, count);
      if (first == NONE || first > limit - count) {
        return NONE;
      }
      int aligned = (int) Alignment.up(first, alignment);
      if (aligned == first) {
        break;
      }
      first = aligned;
    }
    takenCount += runs.set(first, count, true);
    hint = first + count;
    return first;
  }

  /** Has the next search begin at the first page. The driver flushes before. */
  public void wrap() {
    hint = 0;
  }

  /**
   * Frees {@code count} pages from {@code first}, whether they are taken or not, as Linux does.
   *
   * @throws IllegalArgumentException if there are no such pages
   */
  public void giveBack(int first, int count) {
    if (first < 0 || atLeastOne(count) > pageCount - first) {
      throw new IllegalArgumentException(
          "pages %d+%d: there are %d".formatted(first, count, pageCount));
    }
    takenCount -= runs.set(first, count, false);
  }

  /**
   * Keeps pages from being handed out; those taken already stay so. What lies beyond the last page
   * is left out: Linux's own {@code iommu_range_reserve} writes behind the end of its bitmap there.
   */
  public void reserve(long first, long count) {
    if (first < 0 || count < 0) {
      throw new IllegalArgumentException("pages " + first + "+" + count);
    }
    int inside = (int) Math.min(count, Math.max(0, pageCount - first));
    if (inside > 0) {
      takenCount += runs.set((int) first, inside, true);
    }
  }

  /** {@return true if {@code page}, which there is, is taken or reserved} */
  public boolean isTaken(int page) {
    if (page < 0 || page >= pageCount) {
      throw new IllegalArgumentException("page " + page + ": there are " + pageCount);
    }
    return runs.isTaken(page);
  }

  /** {@return one in the same state, that changes by itself} */
  public NextFitBitmap fork() {
    return new NextFitBitmap(runs.fork(), pageCount, hint, takenCount);
  }

  /** Adds which pages are taken, and the hint. */
  public void addTo(Fingerprint into) {
    runs.addTo(into);
    into.add(hint);
  }

  private static int atLeastOne(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("pages: expected at least 1, got " + count);
    }
    return count;
  }
}
