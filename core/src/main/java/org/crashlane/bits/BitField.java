// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

/**
 * One named field of a 64-bit word, bounds as manuals write them: {@code high:low}, bit 0 lowest.
 *
 * <p>Declared once as a constant beside the format it belongs to; no other place holds the mask or
 * the shift. Fields that share a word are gathered in a {@link Layout}, which finds overlaps.
 *
 * @param name the manual's own name
 * @param high highest bit, 0 to 63
 * @param low lowest bit, 0 to {@code high}
 */
public record BitField(String name, int high, int low) {
  private static final int WORD_BITS = Long.SIZE;

  public BitField {
    if (low < 0 || high < low || high >= WORD_BITS) {
      throw new IllegalArgumentException("field " + name + " has bounds " + high + ":" + low);
    }
  }

  /** {@return a field of one bit} */
  public static BitField bit(String name, int position) {
    return new BitField(name, position, position);
  }

  /** {@return a field of the bits {@code high:low}, both included} */
  public static BitField bits(String name, int high, int low) {
    return new BitField(name, high, low);
  }

  /** {@return how many bits the field has, 1 to 64} */
  public int width() {
    return high - low + 1;
  }

  /** {@return the field's bits, in place, as ones} */
  public long mask() {
    return lowMask(width()) << low;
  }

  /** {@return the field's value in {@code word}, moved down to bit 0, unsigned} */
  public long get(long word) {
    return (word & mask()) >>> low;
  }

  /** {@return the field's bits in {@code word}, left in place: an address field as an address} */
  public long inPlace(long word) {
    return word & mask();
  }

  /** {@return true if any bit of the field is one in {@code word}} */
  public boolean isSet(long word) {
    return (word & mask()) != 0;
  }

  /**
   * {@return {@code word} with the field replaced by {@code value}}
   *
   * @throws IllegalArgumentException if {@code value} does not fit into the field
   */
  public long with(long word, long value) {
    if ((value & ~lowMask(width())) != 0) {
      throw new IllegalArgumentException(
          "value " + Hex.of(value) + " does not fit into " + name + " (" + width() + " bits)");
    }
    return (word & ~mask()) | (value << low);
  }

  /** {@return a word of zeros but for this field, set to {@code value}} */
  public long of(long value) {
    return with(0, value);
  }

  /**
   * {@return {@code count} ones from bit 0 up}
   *
   * @param count 0 to 64; Java's own shift would take 64 for 0
   */
  public static long lowMask(int count) {
    return count >= WORD_BITS ? -1L : (1L << count) - 1;
  }
}
