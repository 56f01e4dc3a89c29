// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;
import org.crashlane.memory.WritableMemory;

/**
 * What is wrong with a mapping driver's stores to memory. Such a driver stores nothing but its
 * tables, and for bounce buffers data; device drivers do not come by here. What it stores is told
 * apart by when it does (while it maps, unmaps or arms) and by the word.
 */
@FunctionalInterface
interface StoreFault {
  /** Nothing is wrong. */
  StoreFault NONE = WritableMemory::writeLong;

  /** No store arrives. */
  StoreFault LOST = (_, _, _) -> {};

  /** Stores {@code word}, which the driver meant for {@code address}, rightly or not. */
  void store(WritableMemory memory, long address, long word);

  /** {@return other words are stored} */
  static StoreFault altered(LongUnaryOperator wrong) {
    return (memory, address, word) -> memory.writeLong(address, wrong.applyAsLong(word));
  }

  /** {@return the words go {@code bytes} too far} */
  static StoreFault shifted(long bytes) {
    return (memory, address, word) -> memory.writeLong(address + bytes, word);
  }

  /** {@return the same, but only for words that {@code which} accepts} */
  default StoreFault when(LongPredicate which) {
    return (memory, address, word) -> (which.test(word) ? this : NONE).store(memory, address, word);
  }
}
