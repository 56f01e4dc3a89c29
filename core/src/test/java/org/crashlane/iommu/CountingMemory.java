// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.memory.ForwardingMemory;
import org.crashlane.memory.WritableMemory;

/** Memory that counts the words written, to show that nothing was. */
public final class CountingMemory extends ForwardingMemory {
  private long writtenCount;

  /** Makes a view of {@code memory} through which nothing was written yet. */
  public CountingMemory(WritableMemory memory) {
    super(memory);
  }

  /** {@return how many words were written through this view} */
  public long writtenCount() {
    return writtenCount;
  }

  @Override
  public void writeLong(long address, long value) {
    writtenCount++;
    super.writeLong(address, value);
  }

  @Override
  public void writeLongs(long address, long[] from, int count) {
    writtenCount += count;
    super.writeLongs(address, from, count);
  }
}
