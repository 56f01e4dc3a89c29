// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import org.crashlane.bits.Hex;
import org.crashlane.memory.AddressRange;

/**
 * A run of physical addresses of which a core says one thing.
 *
 * @param content whether the bytes are there; the order of the kinds is the order of preference
 * @param first first physical address
 * @param end first address behind, above {@code first}, unsigned
 * @param fileOffset where the byte of {@code first} is or would be, from the beginning of the file
 * @param segment number of the program header it comes from
 */
record Extent(Content content, long first, long end, long fileOffset, int segment) {

  /** What a core holds of an address, best first. */
  enum Content {
    /** The bytes. */
    PRESENT,
    /** A promise of bytes behind the end of the file. */
    TRUNCATED,
    /** Only that it was memory: the writer left it out (p_filesz is less than p_memsz). */
    EXCLUDED
  }

  Extent {
    if (Long.compareUnsigned(first, end) >= 0) {
      throw new IllegalArgumentException(
          "extent ends before it begins: " + Hex.of(first) + " to " + Hex.of(end));
    }
  }

  /** {@return the addresses} */
  AddressRange range() {
    return new AddressRange(first, end - 1);
  }

  /** {@return where the byte of {@code address}, at or above {@link #first}, is in the file} */
  long fileOffsetOf(long address) {
    return fileOffset + (address - first);
  }

  /** {@return this extent cut down to {@code from} to {@code to}, which it holds} */
  Extent cut(long from, long to) {
    return new Extent(content, from, to, fileOffsetOf(from), segment);
  }

  /** {@return true if {@code next} says the same and begins where this ends, also in the file} */
  boolean continuesIn(Extent next) {
    return content == next.content
        && end == next.first
        && (content != Content.PRESENT || fileOffsetOf(next.first) == next.fileOffset);
  }

  /** {@return this extent and {@code next}, which it continues in, as one} */
  Extent joined(Extent next) {
    return new Extent(content, first, next.end, fileOffset, segment);
  }
}
