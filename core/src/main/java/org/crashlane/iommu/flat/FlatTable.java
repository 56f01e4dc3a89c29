// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.flat;

import org.crashlane.bits.Alignment;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;

/**
 * A table of one level: an array of entries in contiguous physical memory, one for each page of a
 * run of IOVAs. Memory is read and written by words of 8 bytes; entries of 4 share one, the entry
 * at the lower address in the lower half. To write one of them is to store the other as it was
 * read: nobody else may change it meanwhile.
 *
 * @param address physical address of the first entry, a multiple of 8
 * @param iovaFirst the first IOVA that the first entry maps
 * @param entryCount how many entries it has
 * @param format what they mean
 */
public record FlatTable(long address, long iovaFirst, int entryCount, FlatFormat format) {
  private static final BitField LOWER = BitField.bits("entry at the lower address", 31, 0);
  private static final BitField UPPER = BitField.bits("entry at the higher address", 63, 32);
  private static final BitField WHOLE = BitField.bits("entry of a word", 63, 0);

  /** {@return the IOVAs that it maps} */
  public AddressRange reach() {
    return AddressRange.ofSize(iovaFirst, (long) entryCount * format.pageBytes());
  }

  /**
   * {@return which entry serves {@code iova}}
   *
   * @throws IllegalArgumentException if none does
   */
  public int indexOf(long iova) {
    if (!reach().contains(iova)) {
      throw new IllegalArgumentException(Hex.of(iova) + " lies outside of " + this);
    }
    return (int) ((iova - iovaFirst) / format.pageBytes());
  }

  /** {@return the first IOVA that entry {@code index} serves} */
  public long iovaOf(int index) {
    return iovaFirst + (long) index * format.pageBytes();
  }

  /** {@return the physical address of entry {@code index}} */
  public long entryAddress(int index) {
    return address + (long) index * format.entryBytes();
  }

  /**
   * {@return entry {@code index}}
   *
   * @throws org.crashlane.memory.UnreadableMemoryException if it is not in memory
   */
  public long read(PhysicalMemory memory, int index) {
    return entry(memory.readLong(wordAddress(index)), index);
  }

  /**
   * Writes entry {@code index}, right or wrong; stores nothing if it is so already.
   *
   * @throws org.crashlane.memory.UnreadableMemoryException if it is not in memory
   */
  public void write(WritableMemory memory, int index, long entry) {
    long at = wordAddress(index);
    long before = memory.readLong(at);
    long after = with(before, index, entry);
    if (after != before) {
      memory.writeLong(at, after);
    }
  }

  /**
   * Reports to {@code visitor} all that the table maps, and each of its pages, at level 1. Entries
   * are read a page of the table at a time, and nothing is allocated for one.
   */
  public void walk(PhysicalMemory memory, WalkLimits limits, WalkVisitor visitor) {
    new FlatWalk(this, memory, limits, visitor).walk();
  }

  /** {@return the address of the word that holds entry {@code index}} */
  long wordAddress(int index) {
    return Alignment.down(entryAddress(index), Long.BYTES);
  }

  /** {@return entry {@code index} out of the word that holds it} */
  long entry(long word, int index) {
    return format.fromMemory(field(index).get(word));
  }

  /** {@return {@code word} with entry {@code index} replaced} */
  long with(long word, int index, long entry) {
    return field(index).with(word, format.toMemory(entry));
  }

  private BitField field(int index) {
    if (format.entryBytes() == Long.BYTES) {
      return WHOLE;
    }
    return index % (Long.BYTES / Integer.BYTES) == 0 ? LOWER : UPPER;
  }

  @Override
  public String toString() {
    return "the table at %s for %s".formatted(Hex.of(address), reach());
  }
}
