// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.crashlane.bits.LongMap;

/**
 * What a memory would be after some stores: writes stay in the draft, in whole pages of 4 KiB, and
 * are recorded in their order. The memory below is only read. One thread at a time.
 */
public final class DraftMemory implements WritableMemory {
  private final PhysicalMemory base;
  private final RangeIndex index;
  private final List<AddressRange> scratch;
  private final LongMap<long[]> pages = new LongMap<>();
  private final List<Store> stores = new ArrayList<>();

  private DraftMemory(PhysicalMemory base, List<AddressRange> scratch) {
    this.base = base;
    this.scratch = scratch;
    List<AddressRange> all = new ArrayList<>(base.ranges());
    all.addAll(scratch);
    this.index = RangeIndex.joining(all);
  }

  /** {@return a draft over {@code base}} */
  public static DraftMemory over(PhysicalMemory base) {
    return new DraftMemory(base, List.of());
  }

  /**
   * {@return a draft over {@code base} and over zeros in {@code scratch}, which {@code base} does
   * not have}
   *
   * @throws IllegalArgumentException if {@code base} has memory there
   */
  public static DraftMemory withScratch(PhysicalMemory base, AddressRange scratch) {
    for (AddressRange range : base.ranges()) {
      if (range.overlaps(scratch)) {
        throw new IllegalArgumentException("scratch range " + scratch + " overlaps " + range);
      }
    }
    return new DraftMemory(base, List.of(scratch));
  }

  /**
   * {@return the stores that make the draft true, in order; words that kept their value have none}
   */
  public List<Store> stores() {
    return Collections.unmodifiableList(stores);
  }

  @Override
  public String source() {
    return base.source();
  }

  @Override
  public List<AddressRange> ranges() {
    return index.ranges();
  }

  @Override
  public long readLong(long address) {
    check(address, 1);
    long[] page = pages.getOr(Words.page(address), Words.NO_PAGE);
    if (page.length != 0) {
      return page[Words.indexInPage(address)];
    }
    return isScratch(address) ? 0 : base.readLong(address);
  }

  @Override
  public void readLongs(long address, long[] into, int count) {
    check(address, count);
    for (int done = 0; done < count; ) {
      long at = address + Words.bytes(done);
      int run = Math.min(count - done, Words.PER_PAGE - Words.indexInPage(at));
      long[] page = pages.getOr(Words.page(at), Words.NO_PAGE);
      if (page.length != 0) {
        System.arraycopy(page, Words.indexInPage(at), into, done, run);
      } else {
        for (int i = done; i < done + run; i++) {
          into[i] = readLong(address + Words.bytes(i));
        }
      }
      done += run;
    }
  }

  @Override
  public void writeLong(long address, long value) {
    check(address, 1);
    long before = readLong(address);
    if (before != value) {
      page(address)[Words.indexInPage(address)] = value;
      stores.add(new Store(address, before, value));
    }
  }

  @Override
  public void writeLongs(long address, long[] from, int count) {
    check(address, count);
    for (int i = 0; i < count; i++) {
      writeLong(address + Words.bytes(i), from[i]);
    }
  }

  private void check(long address, int count) {
    Words.requireAligned(address);
    index.find(source(), address, Words.bytes(count));
  }

  /** {@return the draft's own page, filled from below when it is new} */
  private long[] page(long address) {
    long[] page = pages.getOr(Words.page(address), Words.NO_PAGE);
    if (page.length == 0) {
      page = new long[Words.PER_PAGE];
      if (!isScratch(address)) {
        base.readLongs(Words.pageAddress(address), page, Words.PER_PAGE);
      }
      pages.put(Words.page(address), page);
    }
    return page;
  }

  private boolean isScratch(long address) {
    return scratch.stream().anyMatch(range -> range.contains(address));
  }
}
