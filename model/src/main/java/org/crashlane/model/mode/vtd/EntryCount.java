// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;

/** Memory that counts the entries written into tables in use: one aligned store each. */
final class EntryCount implements WritableMemory {
  private final WritableMemory memory;
  private long count;

  EntryCount(WritableMemory memory) {
    this.memory = memory;
  }

  /** {@return how many entries were written} */
  long count() {
    return count;
  }

  @Override
  public void writeLong(long address, long value) {
    count++;
    memory.writeLong(address, value);
  }

  @Override
  public void writeLongs(long address, long[] from, int wordCount) {
    memory.writeLongs(address, from, wordCount);
  }

  @Override
  public void writeRising(long address, long first, long step, int wordCount) {
    memory.writeRising(address, first, step, wordCount);
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
  public void readLongs(long address, long[] into, int wordCount) {
    memory.readLongs(address, into, wordCount);
  }

  @Override
  public void read(long address, byte[] into, int offset, int length) {
    memory.read(address, into, offset, length);
  }
}
