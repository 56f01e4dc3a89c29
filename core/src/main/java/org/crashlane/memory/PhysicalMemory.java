// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import java.util.List;
import org.crashlane.bits.Alignment;

/**
 * Physical memory as a device or a dump reader sees it: little-endian bytes at physical addresses.
 *
 * <p>A model's memory, an image file, a dump or a live guest: whoever walks tables does not know
 * which. What cannot be read is said with a reason and is never zeros.
 */
public interface PhysicalMemory {

  /** {@return what this is, for messages: a file's name or the like} */
  String source();

  /** {@return the addresses that exist, in rising order, apart from each other} */
  List<AddressRange> ranges();

  /**
   * {@return the 8 bytes at {@code address}, little-endian}
   *
   * @param address a multiple of 8
   * @throws UnreadableMemoryException if they are not there
   */
  long readLong(long address);

  /**
   * Reads {@code count} words of 8 bytes from {@code address} on: a whole table page in one step.
   *
   * @param address a multiple of 8
   * @throws UnreadableMemoryException if one of them is not there
   */
  void readLongs(long address, long[] into, int count);

  /**
   * Reads {@code length} bytes from {@code address} on, of any alignment.
   *
   * @throws UnreadableMemoryException if one of them is not there
   */
  default void read(long address, byte[] into, int offset, int length) {
    long first = Alignment.down(address, Long.BYTES);
    int skipped = (int) (address - first);
    long[] words = new long[Math.ceilDiv(skipped + length, Long.BYTES)];
    readLongs(first, words, words.length);
    for (int i = 0; i < length; i++) {
      into[offset + i] = Words.byteAt(words[(skipped + i) / Long.BYTES], address + i);
    }
  }

  /** {@return true if all of {@code range} lies in {@link #ranges()}} */
  default boolean exists(AddressRange range) {
    return ranges().stream().anyMatch(r -> r.contains(range));
  }
}
