// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import java.util.List;
import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;
import org.crashlane.bits.BitField;
import org.crashlane.memory.AddressRange;
import org.crashlane.rehearsal.MappingMode;

/**
 * One vendor's page-table entries, as they are told from the other words that a driver stores.
 *
 * @param mode the mode whose driver stores them
 * @param isEntry true for an entry; what a driver stores besides may pass for one, where it does
 *     not matter
 * @param read the right to read
 * @param write the right to write
 * @param address where an entry leads
 * @param misread an entry that maps a page, as if it led to a table
 */
record EntryWords(
    MappingMode mode,
    LongPredicate isEntry,
    BitField read,
    BitField write,
    BitField address,
    LongUnaryOperator misread) {

  /** {@return true if {@code word} is an entry that leads into one of {@code ranges}} */
  boolean leadsInto(List<AddressRange> ranges, long word) {
    long target = address.inPlace(word);
    return isEntry.test(word) && ranges.stream().anyMatch(range -> range.contains(target));
  }

  /** {@return the entry without the bits of its target from {@code bits} up} */
  long cut(long word, int bits) {
    return BitField.bits("lost bits of the address", address.high(), bits).with(word, 0);
  }
}
