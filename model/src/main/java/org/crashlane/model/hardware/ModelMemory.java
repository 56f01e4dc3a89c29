// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import java.util.Arrays;
import java.util.List;
import org.crashlane.bits.Alignment;
import org.crashlane.memory.Absence;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.RangeIndex;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.memory.WritableMemory;

/**
 * The machine's memory. Whole pages are copied by sharing them until one is written, which makes a
 * copy of all memory, or of a page to a disk, cost next to nothing.
 *
 * <p>A page that nobody has written yet holds {@linkplain Background what was there before}: not
 * zeros, so that a page that was never copied cannot pass for one that was.
 */
public final class ModelMemory implements WritableMemory {
  private static final int PAGE_BYTES = Page.BYTES;
  private static final int PAGE_SHIFT = Integer.numberOfTrailingZeros(PAGE_BYTES);

  private final RangeIndex index;
  private final PageTable pages;
  private final Background background;
  private long storeCount;

  private ModelMemory(RangeIndex index, PageTable pages, Background background) {
    this.index = index;
    this.pages = pages;
    this.background = background;
  }

  /** {@return memory at {@code ranges}, whole pages below 2^63, in rising order} */
  public static ModelMemory at(List<AddressRange> ranges, Background background) {
    return new ModelMemory(RangeIndex.of(ranges), new PageTable(), background);
  }

  /** {@return memory with the same bytes, that changes by itself} */
  public ModelMemory fork() {
    return new ModelMemory(index, pages.fork(), background);
  }

  /** {@return how many words were stored in this memory, other than by sharing pages} */
  public long storeCount() {
    return storeCount;
  }

  /** {@return where anybody ever wrote, in rising order, with what is beside it in 64 KiB} */
  public List<AddressRange> written() {
    return pages.written();
  }

  /** Adds the bytes of all pages that were ever written to {@code into}. */
  public void addTo(Fingerprint into) {
    into.add(pages.digest());
  }

  /** {@return the page at {@code address}, a multiple of 4096, to be kept and not changed} */
  public Page share(long address) {
    check(address, PAGE_BYTES);
    return readable(address).share();
  }

  /** {@return {@code count} pages from {@code address} on, to be kept and not changed} */
  public Page[] share(long address, int count) {
    check(address, (long) count * PAGE_BYTES);
    Page[] found = new Page[count];
    pages.get(address >>> PAGE_SHIFT, found, background);
    for (Page page : found) {
      page.share();
    }
    return found;
  }

  /** Makes the page at {@code address}, a multiple of 4096, the same bytes as {@code page}. */
  public void put(long address, Page page) {
    check(address, PAGE_BYTES);
    pages.put(address >>> PAGE_SHIFT, page);
  }

  /** Does the same for as many pages as are given, from {@code address} on. */
  public void put(long address, Page[] from) {
    check(address, (long) from.length * PAGE_BYTES);
    pages.put(address >>> PAGE_SHIFT, from, from.length);
  }

  /** {@return true if there is memory for all of {@code length} bytes from {@code address} on} */
  public boolean exists(long address, long length) {
    int range = index.indexOf(address);
    return range >= 0 && length - 1 <= index.last(range) - address;
  }

  /** Writes {@code length} bytes from {@code address} on, of any alignment. */
  public void write(long address, byte[] from, int offset, int length) {
    check(address, length);
    for (int done = 0; done < length; ) {
      long at = address + done;
      int run = Math.min(length - done, PAGE_BYTES - (int) (at & (PAGE_BYTES - 1)));
      int inPage = (int) (at & (PAGE_BYTES - 1));
      Page page = readable(at);
      // What is there already needs no copy of a page that others have too.
      if (!page.isShared() || !page.holds(inPage, from, offset + done, run)) {
        writable(at).write(inPage, from, offset + done, run);
      }
      done += run;
    }
  }

  @Override
  public String source() {
    return "the model's memory";
  }

  @Override
  public List<AddressRange> ranges() {
    return index.ranges();
  }

  @Override
  public long readLong(long address) {
    checkWords(address, 1);
    return readable(address).get(Page.wordIndex(address));
  }

  @Override
  public void readLongs(long address, long[] into, int count) {
    checkWords(address, count);
    for (int done = 0; done < count; ) {
      long at = address + (long) done * Long.BYTES;
      int run = Math.min(count - done, Page.WORDS - Page.wordIndex(at));
      readable(at).copyTo(Page.wordIndex(at), into, done, run);
      done += run;
    }
  }

  @Override
  public void read(long address, byte[] into, int offset, int length) {
    check(address, length);
    for (int done = 0; done < length; ) {
      long at = address + done;
      int run = Math.min(length - done, PAGE_BYTES - (int) (at & (PAGE_BYTES - 1)));
      readable(at).read((int) (at & (PAGE_BYTES - 1)), into, offset + done, run);
      done += run;
    }
  }

  @Override
  public void writeLong(long address, long value) {
    checkWords(address, 1);
    storeCount++;
    writable(address).set(Page.wordIndex(address), value);
  }

  @Override
  public void writeLongs(long address, long[] from, int count) {
    checkWords(address, count);
    storeCount += count;
    for (int done = 0; done < count; ) {
      long at = address + (long) done * Long.BYTES;
      int run = Math.min(count - done, Page.WORDS - Page.wordIndex(at));
      writable(at).copyFrom(from, done, Page.wordIndex(at), run);
      done += run;
    }
  }

  /** Fills whole pages with zeros. */
  public void clear(AddressRange range) {
    long[] zeros = new long[Page.WORDS];
    for (long at = range.first(); Long.compareUnsigned(at, range.last()) < 0; at += PAGE_BYTES) {
      put(at, Page.of(Arrays.copyOf(zeros, Page.WORDS)));
    }
  }

  private Page readable(long address) {
    long number = address >>> PAGE_SHIFT;
    return pages.getOr(number, background.page(number));
  }

  private Page writable(long address) {
    return pages.writable(address >>> PAGE_SHIFT, background);
  }

  private void checkWords(long address, int count) {
    if (!Alignment.isAligned(address, Long.BYTES)) {
      throw new IllegalArgumentException("not a multiple of 8: 0x" + Long.toHexString(address));
    }
    check(address, (long) count * Long.BYTES);
  }

  private void check(long address, long length) {
    if (length > 0 && !exists(address, length)) {
      throw new UnreadableMemoryException(source(), address, Absence.NO_MEMORY);
    }
  }
}
