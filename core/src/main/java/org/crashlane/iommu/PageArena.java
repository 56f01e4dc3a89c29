// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import java.util.OptionalLong;
import org.crashlane.bits.Alignment;
import org.crashlane.memory.AddressRange;

/** Physical pages of 4 KiB that new tables may be built in, handed out from the bottom up. */
public final class PageArena {
  /** Size of a table page in bytes. */
  public static final int PAGE_BYTES = 4096;

  private final long first;
  private final long pageCount;
  private long takenCount;

  private PageArena(long first, long pageCount) {
    this.first = first;
    this.pageCount = pageCount;
  }

  /** {@return an arena of the whole pages in {@code range}} */
  public static PageArena in(AddressRange range) {
    long from = Alignment.up(range.first(), PAGE_BYTES);
    long end = Alignment.down(range.last() + 1, PAGE_BYTES);
    return new PageArena(from, Math.max(0, (end - from) / PAGE_BYTES));
  }

  /** {@return an arena without a page} */
  public static PageArena empty() {
    return new PageArena(0, 0);
  }

  /** {@return the physical address of a page not given out before, or nothing if none is left} */
  public OptionalLong take() {
    return takenCount == pageCount
        ? OptionalLong.empty()
        : OptionalLong.of(first + PAGE_BYTES * takenCount++);
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
