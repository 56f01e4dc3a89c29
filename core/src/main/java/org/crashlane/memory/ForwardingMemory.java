// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import java.util.List;

/**
 * Memory that is another one; what is to be different is overridden. Words that rise are written
 * one by one, by {@link #writeLong}, so that whoever overrides that sees them all.
 */
public abstract class ForwardingMemory implements WritableMemory {
  private final WritableMemory memory;

  /** Forwards all to {@code memory}. */
  protected ForwardingMemory(WritableMemory memory) {
    this.memory = memory;
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
    memory.writeLong(address, value);
  }

  @Override
  public void writeLongs(long address, long[] from, int count) {
    memory.writeLongs(address, from, count);
  }
}
