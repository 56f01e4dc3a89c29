// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;

/** Memory that counts the words written, to show that nothing was. */
public final class CountingMemory implements WritableMemory {
  private final WritableMemory memory;
  private long writtenCount;

  /** Makes a view of {@code memory} through which nothing was written yet. */
  public CountingMemory(WritableMemory memory) {
    this.memory = memory;
  }

  /** {@return how many words were written through this view} */
  public long writtenCount() {
    return writtenCount;
  }

  @Override
  public String source() {
    return memory.source();
  }

  @Override
  public List<AddressRange> ranges() {
    return memory.ranges();
  }

  @Override
  public long readLong(long address) {
    return memory.readLong(address);
  }

  @Override
  public void readLongs(long address, long[] into, int count) {
    memory.readLongs(address, into, count);
  }

  @Override
  public void read(long address, byte[] into, int offset, int length) {
    memory.read(address, into, offset, length);
  }

  @Override
  public void writeLong(long address, long value) {
    writtenCount++;
    memory.writeLong(address, value);
  }

  @Override
  public void writeLongs(long address, long[] from, int count) {
    writtenCount += count;
    memory.writeLongs(address, from, count);
  }
}
