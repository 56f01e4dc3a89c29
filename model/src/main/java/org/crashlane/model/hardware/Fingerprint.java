// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import java.util.BitSet;

/**
 * Gathers the words of a state into 64 bits, in order. Two states with equal fingerprints are taken
 * for one: among ten million different states the chance that any two collide is below 3 in a
 * million.
 */
public final class Fingerprint {
  private static final long SEED = 0x9E3779B97F4A7C15L;
  private static final long FIRST_MULTIPLIER = 0xBF58476D1CE4E5B9L;
  private static final long SECOND_MULTIPLIER = 0x94D049BB133111EBL;
  private static final int FIRST_SHIFT = 30;
  private static final int SECOND_SHIFT = 27;
  private static final int THIRD_SHIFT = 31;

  private long value;

  /** Makes one to which nothing was added. */
  public Fingerprint() {
    value = SEED;
  }

  /** Adds a word. */
  public void add(long word) {
    value = mix(value + SEED ^ word);
  }

  /** Adds a flag. */
  public void add(boolean flag) {
    add(flag ? 1 : 0);
  }

  /** Adds a set of small numbers. */
  public void add(BitSet bits) {
    long[] words = bits.toLongArray();
    add(words.length);
    for (long word : words) {
      add(word);
    }
  }

  /** {@return the fingerprint of all that was added} */
  public long value() {
    return value;
  }

  /** {@return {@code word} with every bit spread over all bits (the finaliser of SplitMix64)} */
  public static long mix(long word) {
    long mixed = (word ^ (word >>> FIRST_SHIFT)) * FIRST_MULTIPLIER;
    mixed = (mixed ^ (mixed >>> SECOND_SHIFT)) * SECOND_MULTIPLIER;
    return mixed ^ (mixed >>> THIRD_SHIFT);
  }
}
