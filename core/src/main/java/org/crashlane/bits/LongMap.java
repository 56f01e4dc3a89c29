// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

import java.util.Arrays;

/**
 * Things by numbers, in the order in which they came: a {@link LongTable} of where each is. Numbers
 * are anything but -1; none is ever taken out.
 *
 * @param <V> the things
 */
public final class LongMap<V> {
  private static final int INITIAL_PLACES = 8;
  private static final int NOWHERE = -1;

  private final LongTable places;
  private long[] numbers;
  private Object[] values;

  /** Makes an empty map. */
  public LongMap() {
    this(new LongTable(), new long[INITIAL_PLACES], new Object[INITIAL_PLACES]);
  }

  private LongMap(LongTable places, long[] numbers, Object[] values) {
    this.places = places;
    this.numbers = numbers;
    this.values = values;
  }

  /** {@return a map of the same things that changes independently} */
  public LongMap<V> copy() {
    return new LongMap<>(places.fork(), numbers.clone(), values.clone());
  }

  /** {@return how many things there are: they have the places from 0 on} */
  public int count() {
    return places.count();
  }

  /** {@return the number of the thing at {@code place}} */
  public long number(int place) {
    return numbers[place];
  }

  /** {@return the thing at {@code place}} */
  @SuppressWarnings("unchecked") // put() lets no other in
  public V value(int place) {
    return (V) values[place];
  }

  /** {@return the thing of this number, or {@code otherwise} where there is none} */
  public V getOr(long number, V otherwise) {
    int place = place(number);
    return place == NOWHERE ? otherwise : value(place);
  }

  /** Makes {@code value} the thing of this number. */
  public void put(long number, V value) {
    int place = place(number);
    if (place == NOWHERE) {
      place = places.count();
      places.put(number + 1, place);
      if (place == values.length) {
        numbers = Arrays.copyOf(numbers, 2 * place);
        values = Arrays.copyOf(values, 2 * place);
      }
      numbers[place] = number;
    }
    values[place] = value;
  }

  private int place(long number) {
    return (int) places.getOr(number + 1, NOWHERE);
  }
}
