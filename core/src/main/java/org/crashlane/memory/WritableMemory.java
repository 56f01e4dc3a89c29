// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

/** Physical memory that may be written. */
public interface WritableMemory extends PhysicalMemory {

  /**
   * Writes 8 bytes by one aligned store that becomes visible after all stores before it: the way to
   * publish a table.
   *
   * @param address a multiple of 8
   * @throws UnreadableMemoryException if there is no memory
   */
  void writeLong(long address, long value);

  /**
   * Writes {@code count} words of 8 bytes from {@code address} on, in no promised order: for table
   * pages that nothing points to yet.
   *
   * @param address a multiple of 8
   * @throws UnreadableMemoryException if there is no memory for one of them
   */
  void writeLongs(long address, long[] from, int count);

  /**
   * Writes {@code count} words of 8 bytes from {@code address} on, each {@code step} above the one
   * before, in no promised order: leaves of a new table page that map page after page.
   *
   * @param address a multiple of 8
   * @param first the first word
   * @throws UnreadableMemoryException if there is no memory for one of them
   */
  default void writeRising(long address, long first, long step, int count) {
    for (int i = 0; i < count; i++) {
      writeLong(address + (long) i * Long.BYTES, first + i * step);
    }
  }
}
