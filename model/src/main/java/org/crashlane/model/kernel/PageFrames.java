// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import org.crashlane.bits.Alignment;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;

/**
 * A kernel's physical pages: hands out runs of them and takes them back. First fit, from the bottom
 * or from the top.
 */
public final class PageFrames {
  /** Size of a page in bytes. */
  public static final int PAGE_BYTES = 4096;

  /** Free runs in rising order, as pairs of first address and size in bytes. */
  private long[] free;

  private int count;

  private PageFrames(long[] free, int count) {
    this.free = free;
    this.count = count;
  }

  /** {@return all of {@code ranges}, free; whole pages, apart from each other} */
  public static PageFrames of(List<AddressRange> ranges) {
    long[] runs = new long[2 * Math.max(1, ranges.size())];
    int used = 0;
    for (AddressRange range : ranges.stream().sorted(Comparator.naturalOrder()).toList()) {
      runs[2 * used] = range.first();
      runs[2 * used + 1] = range.sizeBytes();
      used++;
    }
    return new PageFrames(runs, used);
  }

  /**
   * {@return the first address of a run of pages that is now taken, the lowest there is}
   *
   * @param sizeBytes rounded up to whole pages
   * @param alignBytes a power of two, at least a page
   * @param last no byte of it may lie above this address, unsigned
   */
  public OptionalLong take(long sizeBytes, long alignBytes, long last) {
    long wanted = Alignment.up(sizeBytes, PAGE_BYTES);
    for (int run = 0; run < count; run++) {
      long from = Alignment.up(first(run), alignBytes);
      if (fits(run, from, wanted, last)) {
        carve(run, from, wanted);
        return OptionalLong.of(from);
      }
    }
    return OptionalLong.empty();
  }

  /** {@return as {@link #take}, the highest run there is} */
  public OptionalLong takeFromTop(long sizeBytes, long alignBytes, long last) {
    long wanted = Alignment.up(sizeBytes, PAGE_BYTES);
    for (int run = count - 1; run >= 0; run--) {
      long end = first(run) + size(run);
      if (Long.compareUnsigned(end - 1, last) > 0) {
        end = last + 1;
      }
      if (Long.compareUnsigned(end, first(run)) <= 0 || end - first(run) < wanted) {
        continue;
      }
      long from = Alignment.down(end - wanted, alignBytes);
      if (fits(run, from, wanted, last)) {
        carve(run, from, wanted);
        return OptionalLong.of(from);
      }
    }
    return OptionalLong.empty();
  }

  /** {@return a page, the lowest there is} */
  public OptionalLong takePage() {
    return take(PAGE_BYTES, PAGE_BYTES, -1);
  }

  /** Gives back a run that was taken. */
  public void giveBack(long address, long sizeBytes) {
    long size = Alignment.up(sizeBytes, PAGE_BYTES);
    int at = 0;
    while (at < count && Long.compareUnsigned(first(at), address) < 0) {
      at++;
    }
    boolean joinsBefore = at > 0 && first(at - 1) + size(at - 1) == address;
    boolean joinsBehind = at < count && address + size == first(at);
    if (joinsBefore && joinsBehind) {
      free[2 * (at - 1) + 1] += size + size(at);
      remove(at);
    } else if (joinsBefore) {
      free[2 * (at - 1) + 1] += size;
    } else if (joinsBehind) {
      free[2 * at] = address;
      free[2 * at + 1] += size;
    } else {
      insert(at, address, size);
    }
  }

  /** {@return how many bytes are free} */
  public long freeBytes() {
    long sum = 0;
    for (int run = 0; run < count; run++) {
      sum += size(run);
    }
    return sum;
  }

  /** {@return frames in the same state, that change by themselves} */
  public PageFrames fork() {
    return new PageFrames(free.clone(), count);
  }

  /** Adds all state to {@code into}. */
  public void addTo(Fingerprint into) {
    into.add(count);
    for (int i = 0; i < 2 * count; i++) {
      into.add(free[i]);
    }
  }

  private long first(int run) {
    return free[2 * run];
  }

  private long size(int run) {
    return free[2 * run + 1];
  }

  private boolean fits(int run, long from, long wanted, long last) {
    long offset = from - first(run);
    return Long.compareUnsigned(from, first(run)) >= 0
        && Long.compareUnsigned(offset, size(run)) < 0
        && size(run) - offset >= wanted
        && Long.compareUnsigned(from + wanted - 1, last) <= 0;
  }

  private void carve(int run, long from, long wanted) {
    long before = from - first(run);
    long behind = size(run) - before - wanted;
    if (before == 0 && behind == 0) {
      remove(run);
    } else if (before == 0) {
      free[2 * run] = from + wanted;
      free[2 * run + 1] = behind;
    } else {
      free[2 * run + 1] = before;
      if (behind > 0) {
        insert(run + 1, from + wanted, behind);
      }
    }
  }

  private void insert(int at, long first, long size) {
    if (2 * (count + 1) > free.length) {
      free = Arrays.copyOf(free, 2 * free.length);
    }
    System.arraycopy(free, 2 * at, free, 2 * (at + 1), 2 * (count - at));
    free[2 * at] = first;
    free[2 * at + 1] = size;
    count++;
  }

  private void remove(int at) {
    System.arraycopy(free, 2 * (at + 1), free, 2 * at, 2 * (count - at - 1));
    count--;
  }
}
