// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Hex;

/**
 * A non-empty run of addresses, both ends included, so that a range may end at the last address of
 * 64 bits. Addresses are unsigned. Printed as {@code /proc/iomem} prints ranges.
 *
 * @param first first address
 * @param last last address, not below {@code first}
 */
public record AddressRange(long first, long last) implements Comparable<AddressRange> {

  public AddressRange {
    if (Long.compareUnsigned(first, last) > 0) {
      throw new IllegalArgumentException(
          "range ends before it begins: " + Hex.of(first) + "-" + Hex.of(last));
    }
  }

  /** {@return the {@code sizeBytes} addresses from {@code start}; {@code sizeBytes} at least 1} */
  public static AddressRange ofSize(long start, long sizeBytes) {
    return new AddressRange(start, start + sizeBytes - 1);
  }

  /**
   * {@return the {@code sizeBytes} addresses from {@code start}, or as many as there are up to the
   * last one of 64 bits; {@code sizeBytes} at least 1} For addresses that nobody vouches for.
   */
  public static AddressRange clipped(long start, long sizeBytes) {
    long last = start + sizeBytes - 1;
    return new AddressRange(start, Long.compareUnsigned(last, start) < 0 ? -1 : last);
  }

  /**
   * Reads {@code FIRST-LAST}, hexadecimal, both ends included.
   *
   * @throws IllegalArgumentException saying what is wrong with {@code text}
   */
  public static AddressRange parse(String text) {
    int dash = text.indexOf('-');
    if (dash < 0) {
      throw new IllegalArgumentException(
          "not a range: '" + text + "' (expected FIRST-LAST in hexadecimal, both included)");
    }
    return new AddressRange(
        Hex.parse(text.substring(0, dash)), Hex.parse(text.substring(dash + 1)));
  }

  /** {@return how many addresses the range has; 0 means all 2^64} */
  public long sizeBytes() {
    return last - first + 1;
  }

  /** {@return true if {@code address} lies in the range} */
  public boolean contains(long address) {
    return Long.compareUnsigned(address - first, last - first) <= 0;
  }

  /** {@return true if all of {@code other} lies in the range} */
  public boolean contains(AddressRange other) {
    return contains(other.first) && contains(other.last);
  }

  /** {@return true if the two share an address} */
  public boolean overlaps(AddressRange other) {
    return Long.compareUnsigned(first, other.last) <= 0
        && Long.compareUnsigned(other.first, last) <= 0;
  }

  /** {@return the addresses both have} */
  public Optional<AddressRange> intersection(AddressRange other) {
    if (!overlaps(other)) {
      return Optional.empty();
    }
    long from = Long.compareUnsigned(first, other.first) >= 0 ? first : other.first;
    long to = Long.compareUnsigned(last, other.last) <= 0 ? last : other.last;
    return Optional.of(new AddressRange(from, to));
  }

  /** {@return the addresses that only this one has: nothing, or one range, or two} */
  public List<AddressRange> without(AddressRange other) {
    if (!overlaps(other)) {
      return List.of(this);
    }
    List<AddressRange> left = new ArrayList<>();
    if (Long.compareUnsigned(first, other.first) < 0) {
      left.add(new AddressRange(first, other.first - 1));
    }
    if (Long.compareUnsigned(other.last, last) < 0) {
      left.add(new AddressRange(other.last + 1, last));
    }
    return left;
  }

  @Override
  public int compareTo(AddressRange other) {
    int byFirst = Long.compareUnsigned(first, other.first);
    return byFirst != 0 ? byFirst : Long.compareUnsigned(last, other.last);
  }

  @Override
  public String toString() {
    return Hex.of(first) + "-" + Hex.of(last);
  }
}
