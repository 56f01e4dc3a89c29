// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import org.crashlane.memory.ForwardingMemory;
import org.crashlane.memory.WritableMemory;

/** A memory that tells of each store before and after it is made. */
final class StoreHook extends ForwardingMemory {
  private final Listener listener;

  /** Who is told. */
  @FunctionalInterface
  interface Listener {
    default void storing() {}

    void stored(long address, long value);
  }

  StoreHook(WritableMemory memory, Listener listener) {
    super(memory);
    this.listener = listener;
  }

  @Override
  public void writeLong(long address, long value) {
    listener.storing();
    super.writeLong(address, value);
    listener.stored(address, value);
  }

  @Override
  public void writeLongs(long address, long[] from, int count) {
    listener.storing();
    super.writeLongs(address, from, count);
    for (int i = 0; i < count; i++) {
      listener.stored(address + (long) i * Long.BYTES, from[i]);
    }
  }
}
