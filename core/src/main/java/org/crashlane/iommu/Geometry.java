// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.BitField;

/**
 * The shape of one tree of page tables whose entries have 8 bytes. Level 1 maps the smallest pages;
 * walks begin at the highest. A table below that is as large as the smallest page. The top table
 * has an entry for each value of the address bits that the levels below leave: it may be smaller,
 * or several tables in a row, as where Arm concatenates them.
 *
 * @param granuleBits log2 of the smallest page's size in bytes, 12 to 16
 * @param levels how many levels there are, 1 to {@link #LEVELS_MAX}
 * @param addressBits how many bits of an address are translated, up to 64
 */
public record Geometry(int granuleBits, int levels, int addressBits) {
  /** The smallest page that tables of any IOMMU map, and size of such a table, in bytes. */
  public static final int PAGE_BYTES_MIN = 1 << 12;

  /** The largest, the granule of 64 KiB. */
  public static final int PAGE_BYTES_MAX = 1 << 16;

  /** The most levels that tables of any IOMMU have. */
  public static final int LEVELS_MAX = 6;

  /** Size of an entry in bytes. */
  public static final int ENTRY_BYTES = Long.BYTES;

  private static final int ENTRY_BYTES_LOG2 = Integer.numberOfTrailingZeros(ENTRY_BYTES);

  public Geometry {
    if (granuleBits < 12 || granuleBits > 16 || levels < 1 || levels > LEVELS_MAX) {
      throw new IllegalArgumentException(
          "%d levels of tables with pages of 2^%d bytes".formatted(levels, granuleBits));
    }
    int below = granuleBits + (levels - 1) * (granuleBits - ENTRY_BYTES_LOG2);
    if (addressBits <= below || addressBits > Long.SIZE) {
      throw new IllegalArgumentException(
          "addresses of %d bits, %d of them below the top level".formatted(addressBits, below));
    }
  }

  /** {@return the shape whose top table is as large as the others, or what 64 bits leave of it} */
  public static Geometry of(int granuleBits, int levels) {
    int bits = granuleBits + levels * (granuleBits - ENTRY_BYTES_LOG2);
    return new Geometry(granuleBits, levels, Math.min(Long.SIZE, bits));
  }

  /** {@return the shape with as few levels as translate at least {@code addressBits}} */
  public static Geometry reaching(int granuleBits, int addressBits) {
    int levels = Math.ceilDiv(addressBits - granuleBits, granuleBits - ENTRY_BYTES_LOG2);
    return of(granuleBits, levels);
  }

  /** {@return size of the smallest page, and of a table below the top level, in bytes} */
  public int pageBytes() {
    return 1 << granuleBits;
  }

  /** {@return how many bits of an address a whole table translates} */
  public int strideBits() {
    return granuleBits - ENTRY_BYTES_LOG2;
  }

  /** {@return the lowest address bit that chooses an entry at {@code level}} */
  private int lowBit(int level) {
    return granuleBits + (level - 1) * strideBits();
  }

  /** {@return how many bits of an address tables from {@code level} down translate} */
  public int addressBits(int level) {
    return level == levels ? addressBits : lowBit(level + 1);
  }

  /** {@return how many entries a table at {@code level} has} */
  public int entryCount(int level) {
    return 1 << (addressBits(level) - lowBit(level));
  }

  /** {@return which entry of a table at {@code level} serves {@code address}} */
  public int index(long address, int level) {
    return (int) (address >>> lowBit(level)) & (entryCount(level) - 1);
  }

  /** {@return how many bytes an entry at {@code level} serves} */
  public long entrySpanBytes(int level) {
    return 1L << lowBit(level);
  }

  /** {@return the part of {@code address} that an entry at {@code level} passes on} */
  public long offset(long address, int level) {
    return address & (entrySpanBytes(level) - 1);
  }

  /**
   * {@return the last address that the entry at {@code level} serves which serves {@code address}}
   */
  public long lastOfEntry(long address, int level) {
    return address | (entrySpanBytes(level) - 1);
  }

  /** {@return the last address up to {@code last} that shares an entry with {@code address}} */
  public long lastOfPart(long address, int level, long last) {
    long lastOfEntry = lastOfEntry(address, level);
    return Long.compareUnsigned(lastOfEntry, last) < 0 ? lastOfEntry : last;
  }

  /** {@return true if tables from {@code level} down translate all bits of {@code address}} */
  public boolean reaches(long address, int level) {
    return (address & ~BitField.lowMask(addressBits(level))) == 0;
  }

  /** {@return the physical address of entry {@code index} of the table at {@code table}} */
  public static long entryAddress(long table, int index) {
    return table + (long) index * ENTRY_BYTES;
  }

  /** {@return the physical address of the entry for {@code address} of a table at {@code level}} */
  public long entryAddress(long table, long address, int level) {
    return entryAddress(table, index(address, level));
  }
}
