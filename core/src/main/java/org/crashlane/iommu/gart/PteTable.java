// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import org.crashlane.bits.Alignment;
import org.crashlane.bits.BitField;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;

/**
 * How entries of 4 bytes lie in memory that is read and written by words of 8: two in each word,
 * the one at the lower address in the lower half.
 *
 * <p>To write one entry is to read its word, change one half and store the word: the neighbour is
 * written back as it was read. Nobody else may change it meanwhile.
 */
final class PteTable {
  /** The part of an address that stays within a 4 KiB page. */
  static final BitField PAGE_OFFSET = BitField.bits("page offset", 11, 0);

  /** How many bytes an entry maps, and how large a page of the table is. */
  static final int PAGE_BYTES = 1 << (PAGE_OFFSET.high() + 1);

  /** Words in a page of the table. */
  static final int WORDS_PER_PAGE = PAGE_BYTES / Long.BYTES;

  /** Entries in a word. */
  static final int ENTRIES_PER_WORD = Long.BYTES / Gpte.BYTES;

  /** Entries in a page of the table. */
  static final int ENTRIES_PER_PAGE = PAGE_BYTES / Gpte.BYTES;

  private static final BitField LOWER = BitField.bits("entry at the lower address", 31, 0);
  private static final BitField UPPER = BitField.bits("entry at the higher address", 63, 32);

  private PteTable() {}

  /** {@return the physical address of entry {@code index} of the table at {@code table}} */
  static long entryAddress(long table, int index) {
    return table + (long) index * Gpte.BYTES;
  }

  /** {@return entry {@code index} of the table at {@code table}} */
  static long read(PhysicalMemory memory, long table, int index) {
    return entry(memory.readLong(wordAddress(table, index)), index);
  }

  /** Writes entry {@code index} of the table at {@code table}; does not, if it is so already. */
  static void write(WritableMemory memory, long table, int index, long entry) {
    long at = wordAddress(table, index);
    long before = memory.readLong(at);
    long after = with(before, index, entry);
    if (after != before) {
      memory.writeLong(at, after);
    }
  }

  /** {@return the address of the word that holds entry {@code index}} */
  static long wordAddress(long table, int index) {
    return Alignment.down(entryAddress(table, index), Long.BYTES);
  }

  /** {@return entry {@code index} out of the word that holds it} */
  static long entry(long word, int index) {
    return half(index).get(word);
  }

  /** {@return {@code word} with the half that is entry {@code index} replaced} */
  static long with(long word, int index, long entry) {
    return half(index).with(word, entry);
  }

  /** Tables begin at a page, so that an entry's half depends on its index alone. */
  private static BitField half(int index) {
    return index % ENTRIES_PER_WORD == 0 ? LOWER : UPPER;
  }
}
