// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

import java.util.Arrays;

/**
 * Things by numbers, in the order in which they came, open-addressed: each thing is at the place of
 * its number, without a second look-up. Numbers are anything but -1; none is ever taken out.
 *
 * @param <V> the things
 */
public final class LongMap<V> {
  private static final long EMPTY = 0;
  private static final int INITIAL_PLACES = 32;

  /** The multiplier of Fibonacci hashing: 2^64 divided by the golden ratio. */
  private static final long SPREAD = 0x9E3779B97F4A7C15L;

  /** Each number and 1, at the place that its hash gives or the next that was free. */
  private long[] keys;

  /** The thing of the key at the same place. */
  private Object[] values;

  /** The places in the order in which they were taken; half of all at most. */
  private int[] taken;

  private int count;

  /** Makes an empty map. */
  public LongMap() {
    this(new long[INITIAL_PLACES], new Object[INITIAL_PLACES], new int[INITIAL_PLACES / 2], 0);
  }

  private LongMap(long[] keys, Object[] values, int[] taken, int count) {
    this.keys = keys;
    this.values = values;
    this.taken = taken;
    this.count = count;
  }

  /** {@return a map of the same things that changes independently} */
  public LongMap<V> copy() {
    return new LongMap<>(keys.clone(), values.clone(), taken.clone(), count);
  }

  /** {@return how many things there are} */
  public int count() {
    return count;
  }

  /** {@return the number of the thing that came after {@code index} others} */
  public long number(int index) {
    return keys[taken[index]] - 1;
  }

  /** {@return the thing that came after {@code index} others} */
  public V value(int index) {
    return at(taken[index]);
  }

  /** {@return the thing of this number, or {@code otherwise} where there is none} */
  public V getOr(long number, V otherwise) {
    int place = place(number + 1);
    return keys[place] == EMPTY ? otherwise : at(place);
  }

  /** Makes {@code value} the thing of this number. */
  public void put(long number, V value) {
    int place = place(number + 1);
    if (keys[place] == EMPTY) {
      if (count == taken.length) {
        grow();
        place = place(number + 1);
      }
      keys[place] = number + 1;
      taken[count++] = place;
    }
    values[place] = value;
  }

  @SuppressWarnings("unchecked") // put() lets no other in
  private V at(int place) {
    return (V) values[place];
  }

  /** {@return where {@code key} is, or where it would be put} */
  private int place(long key) {
    // The highest bits of the product: neighbouring keys have places far from each other.
    int place = (int) ((key * SPREAD) >>> (Long.numberOfLeadingZeros(keys.length) + 1));
    while (keys[place] != key && keys[place] != EMPTY) {
      place = (place + 1) & (keys.length - 1);
    }
    return place;
  }

  private void grow() {
    long[] oldKeys = keys;
    Object[] oldValues = values;
    keys = new long[2 * oldKeys.length];
    values = new Object[keys.length];
    taken = Arrays.copyOf(taken, keys.length / 2);
    for (int i = 0; i < count; i++) {
      int old = taken[i];
      taken[i] = place(oldKeys[old]);
      keys[taken[i]] = oldKeys[old];
      values[taken[i]] = oldValues[old];
    }
  }
}
