// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.SplittableRandom;
import org.crashlane.bits.BitField;

/** Chances, from a seed. */
final class Dice {
  private static final int PERCENT = 100;

  private final SplittableRandom random;

  Dice(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** {@return true in {@code percent} of 100 cases} */
  boolean chance(int percent) {
    return random.nextInt(PERCENT) < percent;
  }

  /** {@return 0 to {@code bound}, without it} */
  int below(int bound) {
    return random.nextInt(bound);
  }

  /** {@return one of {@code values}, each as likely} */
  long oneOf(long... values) {
    return values[random.nextInt(values.length)];
  }

  /** {@return a value of {@code field}, in place, each as likely} */
  long any(BitField field) {
    return field.inPlace(random.nextLong());
  }

  /** {@return {@code count} random bits from bit 0 up} */
  long bits(int count) {
    return random.nextLong() & BitField.lowMask(count);
  }

  /** {@return a word with one bit of {@code candidates} set, all as likely} */
  long oneBitOf(long candidates) {
    long left = candidates;
    for (int skip = random.nextInt(Long.bitCount(candidates)); skip > 0; skip--) {
      left &= left - 1;
    }
    return Long.lowestOneBit(left);
  }

  /**
   * {@return one random bit of {@code candidates}, if any, in {@code percent} of 100 cases, else 0}
   */
  long noise(int percent, long candidates) {
    return chance(percent) && candidates != 0 ? oneBitOf(candidates) : 0;
  }
}
