// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import org.crashlane.bits.Alignment;
import org.crashlane.bits.Hex;

/** What holds for words of 8 bytes in every memory. */
final class Words {
  /** Stands for a page where there is none: it has no words. */
  static final long[] NO_PAGE = {};

  private static final int WORD_SHIFT = 3;
  private static final int PAGE_SHIFT = 12;

  /** Words of 8 bytes in a page of 4 KiB. */
  static final int PER_PAGE = 1 << (PAGE_SHIFT - WORD_SHIFT);

  private Words() {}

  static boolean isAligned(long address) {
    return Alignment.isAligned(address, Long.BYTES);
  }

  static void requireAligned(long address) {
    if (!isAligned(address)) {
      throw new IllegalArgumentException("not a multiple of 8: " + Hex.of(address));
    }
  }

  /** {@return the size of {@code count} words in bytes} */
  static long bytes(int count) {
    return (long) count << WORD_SHIFT;
  }

  /** {@return the number of the page that holds {@code address}} */
  static long page(long address) {
    return address >>> PAGE_SHIFT;
  }

  /** {@return the first address of the page that holds {@code address}} */
  static long pageAddress(long address) {
    return page(address) << PAGE_SHIFT;
  }

  /** {@return the place in its page of the word that holds {@code address}, 0 to 511} */
  static int indexInPage(long address) {
    return (int) (address >>> WORD_SHIFT) & (PER_PAGE - 1);
  }

  /** {@return the byte at {@code address} of the little-endian word that holds it} */
  static byte byteAt(long word, long address) {
    return (byte) (word >>> ((int) (address & (Long.BYTES - 1)) * Byte.SIZE));
  }
}
