// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

/** Rounding of unsigned 64-bit addresses to powers of two. */
public final class Alignment {
  private Alignment() {}

  /** {@return {@code address} rounded down to a multiple of {@code powerOfTwoBytes}} */
  public static long down(long address, long powerOfTwoBytes) {
    return address & -requirePowerOfTwo(powerOfTwoBytes);
  }

  /**
   * {@return {@code address} rounded up to a multiple of {@code powerOfTwoBytes}; beyond the last
   * multiple below 2^64 it wraps to 0}
   */
  public static long up(long address, long powerOfTwoBytes) {
    return down(address + powerOfTwoBytes - 1, powerOfTwoBytes);
  }

  /** {@return true if {@code address} is a multiple of {@code powerOfTwoBytes}} */
  public static boolean isAligned(long address, long powerOfTwoBytes) {
    return (address & (requirePowerOfTwo(powerOfTwoBytes) - 1)) == 0;
  }

  private static long requirePowerOfTwo(long bytes) {
    if (Long.bitCount(bytes) != 1) {
      throw new IllegalArgumentException("not a power of two: " + Hex.of(bytes));
    }
    return bytes;
  }
}
