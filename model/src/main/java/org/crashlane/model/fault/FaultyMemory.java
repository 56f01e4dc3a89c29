// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;

/** Memory to which stores go wrong, word by word. */
record FaultyMemory(WritableMemory real, StoreFault fault) implements WritableMemory {

  @Override
  public String source() {
    return real.source();
  }

  @Override
  public List<AddressRange> ranges() {
    return real.ranges();
  }

  @Override
  public long readLong(long address) {
    return real.readLong(address);
  }

  @Override
  public void readLongs(long address, long[] into, int count) {
    real.readLongs(address, into, count);
  }

  @Override
  public void read(long address, byte[] into, int offset, int length) {
    real.read(address, into, offset, length);
  }

  @Override
  public void writeLong(long address, long value) {
    fault.store(real, address, value);
  }

  @Override
  public void writeLongs(long address, long[] from, int count) {
    for (int i = 0; i < count; i++) {
      writeLong(address + (long) i * Long.BYTES, from[i]);
    }
  }
}
