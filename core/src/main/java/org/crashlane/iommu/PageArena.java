// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import java.util.OptionalLong;
import java.util.function.LongUnaryOperator;
import org.crashlane.bits.Alignment;
import org.crashlane.memory.AddressRange;

/** Physical pages that new tables may be built in. */
public final class PageArena {
  /** Size of a page in bytes where nothing else is said. */
  public static final int PAGE_BYTES = Geometry.PAGE_BYTES_MIN;

  private final LongUnaryOperator page;
  private final long pageCount;
  private final int pageBytes;
  private long takenCount;

  private PageArena(LongUnaryOperator page, long pageCount, int pageBytes) {
    this.page = page;
    this.pageCount = pageCount;
    this.pageBytes = pageBytes;
  }

  /** {@return an arena of the whole pages in {@code range}, handed out from the bottom up} */
  public static PageArena in(AddressRange range) {
    return in(range, PAGE_BYTES);
  }

  /** {@return an arena of the whole pages of {@code pageBytes} in {@code range}} */
  public static PageArena in(AddressRange range, int pageBytes) {
    long from = Alignment.up(range.first(), pageBytes);
    long end = Alignment.down(range.last() + 1, pageBytes);
    long pageCount = Math.max(0, (end - from) / pageBytes);
    return new PageArena(n -> from + pageBytes * n, pageCount, pageBytes);
  }

  /** {@return an arena of the pages at {@code addresses}, handed out in this order} */
  public static PageArena of(long... addresses) {
    long[] pages = addresses.clone();
    return new PageArena(n -> pages[(int) n], pages.length, PAGE_BYTES);
  }

  /** {@return an arena without a page, for tables whose pages are of {@code pageBytes}} */
  public static PageArena empty(int pageBytes) {
    return new PageArena(_ -> 0, 0, pageBytes);
  }

  /** {@return the physical address of a page not given out before, or nothing if none is left} */
  public OptionalLong take() {
    return takenCount == pageCount
        ? OptionalLong.empty()
        : OptionalLong.of(page.applyAsLong(takenCount++));
  }

  /** {@return how large a page is} */
  public int pageBytes() {
    return pageBytes;
  }

  /** {@return how many pages are left} */
  public long leftCount() {
    return pageCount - takenCount;
  }

  /** {@return how many pages were taken} */
  public long takenCount() {
    return takenCount;
  }
}
