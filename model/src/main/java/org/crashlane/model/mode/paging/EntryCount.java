// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import org.crashlane.memory.ForwardingMemory;
import org.crashlane.memory.WritableMemory;

/** Memory that counts the entries written into tables in use: one aligned store each. */
final class EntryCount extends ForwardingMemory {
  private final WritableMemory memory;
  private long count;

  EntryCount(WritableMemory memory) {
    super(memory);
    this.memory = memory;
  }

  /** {@return how many entries were written} */
  long count() {
    return count;
  }

  @Override
  public void writeLong(long address, long value) {
    count++;
    super.writeLong(address, value);
  }

  /** Fills a table that nothing leads to yet: none of these is counted. */
  @Override
  public void writeRising(long address, long first, long step, int wordCount) {
    memory.writeRising(address, first, step, wordCount);
  }
}
