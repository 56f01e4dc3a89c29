// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import org.crashlane.memory.ForwardingMemory;
import org.crashlane.memory.WritableMemory;

/** Memory to which stores go wrong, word by word. */
final class FaultyMemory extends ForwardingMemory {
  private final WritableMemory real;
  private final StoreFault fault;

  FaultyMemory(WritableMemory real, StoreFault fault) {
    super(real);
    this.real = real;
    this.fault = fault;
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
