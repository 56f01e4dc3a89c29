// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;

/** A memory that tells of each store before and after it is made. */
record StoreHook(WritableMemory memory, Listener listener) implements WritableMemory {

  /** Who is told. */
  @FunctionalInterface
  interface Listener {
    default void storing() {}

    void stored(long address, long value);
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
    listener.storing();
    memory.writeLong(address, value);
    listener.stored(address, value);
  }

  @Override
  public void writeLongs(long address, long[] from, int count) {
    listener.storing();
    memory.writeLongs(address, from, count);
    for (int i = 0; i < count; i++) {
      listener.stored(address + (long) i * Long.BYTES, from[i]);
    }
  }
}
