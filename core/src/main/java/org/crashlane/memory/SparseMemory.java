// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import java.util.List;
import org.crashlane.bits.LongMap;

/**
 * Memory of any size that takes room only where it was written; elsewhere it reads as zeros. For
 * models and tests; one thread at a time.
 */
public final class SparseMemory implements WritableMemory {
  private static final long[] ZEROS = new long[Words.PER_PAGE];

  private final String source;
  private final RangeIndex index;
  private final LongMap<long[]> pages = new LongMap<>();

  /**
   * @param source a name for messages
   * @param ranges which addresses exist; neighbours and overlaps are joined
   */
  public SparseMemory(String source, List<AddressRange> ranges) {
    this.source = source;
    this.index = RangeIndex.joining(ranges);
  }

  /** {@return memory of {@code sizeBytes} from address 0} */
  public static SparseMemory ofSize(long sizeBytes) {
    return new SparseMemory("memory", List.of(AddressRange.ofSize(0, sizeBytes)));
  }

  @Override
  public String source() {
    return source;
  }

  @Override
  public List<AddressRange> ranges() {
    return index.ranges();
  }

  @Override
  public long readLong(long address) {
    check(address, 1);
    return page(address)[Words.indexInPage(address)];
  }

  @Override
  public void readLongs(long address, long[] into, int count) {
    check(address, count);
    for (int done = 0; done < count; ) {
      long at = address + Words.bytes(done);
      int run = Math.min(count - done, Words.PER_PAGE - Words.indexInPage(at));
      System.arraycopy(page(at), Words.indexInPage(at), into, done, run);
      done += run;
    }
  }

  @Override
  public void read(long address, byte[] into, int offset, int length) {
    index.find(source, address, length);
    for (int i = 0; i < length; i++) {
      long at = address + i;
      into[offset + i] = Words.byteAt(page(at)[Words.indexInPage(at)], at);
    }
  }

  @Override
  public void writeLong(long address, long value) {
    check(address, 1);
    own(address)[Words.indexInPage(address)] = value;
  }

  @Override
  public void writeLongs(long address, long[] from, int count) {
    check(address, count);
    for (int done = 0; done < count; ) {
      long at = address + Words.bytes(done);
      int run = Math.min(count - done, Words.PER_PAGE - Words.indexInPage(at));
      System.arraycopy(from, done, own(at), Words.indexInPage(at), run);
      done += run;
    }
  }

  private void check(long address, int count) {
    Words.requireAligned(address);
    index.find(source, address, Words.bytes(count));
  }

  private long[] page(long address) {
    return pages.getOr(Words.page(address), ZEROS);
  }

  private long[] own(long address) {
    long[] page = pages.getOr(Words.page(address), Words.NO_PAGE);
    if (page.length == 0) {
      page = new long[Words.PER_PAGE];
      pages.put(Words.page(address), page);
    }
    return page;
  }
}
