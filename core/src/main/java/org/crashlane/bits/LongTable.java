// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

import java.util.Arrays;

/**
 * A map from words to words, open-addressed: one of boxed numbers would cost more than what it
 * leads to. No key is 0. Each key has its value behind it, so that both are in one cache line, and
 * half of the places at least are free.
 */
public final class LongTable {
  private static final long EMPTY = 0;
  private static final int INITIAL_PLACES = 16;

  /** The multiplier of Fibonacci hashing: 2^64 divided by the golden ratio. */
  private static final long SPREAD = 0x9E3779B97F4A7C15L;

  private long[] slots;

  /** By how much a product is moved down to be the number of a place. */
  private int shift;

  private int count;

  /** True while a copy has the same array: who changes it makes its own first. */
  private boolean shared;

  /** Makes an empty map. */
  public LongTable() {
    clear();
  }

  private LongTable(LongTable other) {
    this.slots = other.slots;
    this.shift = other.shift;
    this.count = other.count;
    this.shared = true;
  }

  /** {@return an independent copy, which costs nothing until one of the two is changed} */
  public LongTable fork() {
    shared = true;
    return new LongTable(this);
  }

  /** {@return how many keys there are} */
  public int count() {
    return count;
  }

  /** {@return the value of {@code key}, or {@code otherwise} where there is none} */
  public long getOr(long key, long otherwise) {
    int at = at(key);
    return slots[at] == EMPTY ? otherwise : slots[at + 1];
  }

  /** Gives {@code key}, which is not 0, a value, and {@return true if it had none} */
  public boolean put(long key, long value) {
    ownSlots();
    int at = at(key);
    boolean isNew = slots[at] == EMPTY;
    if (isNew) {
      if (4 * (count + 1) > slots.length) {
        grow();
        at = at(key);
      }
      slots[at] = key;
      count++;
    }
    slots[at + 1] = value;
    return isNew;
  }

  /** Takes {@code key} out, and {@return true if it was in} */
  public boolean remove(long key) {
    int hole = at(key);
    if (slots[hole] == EMPTY) {
      return false;
    }
    ownSlots();
    count--;
    for (int next = next(hole); slots[next] != EMPTY; next = next(next)) {
      int mask = slots.length - 1;
      if (((next - home(slots[next])) & mask) >= ((next - hole) & mask)) {
        slots[hole] = slots[next];
        slots[hole + 1] = slots[next + 1];
        hole = next;
      }
    }
    slots[hole] = EMPTY;
    slots[hole + 1] = 0;
    return true;
  }

  /** Takes all keys out. */
  public void clear() {
    slots = new long[2 * INITIAL_PLACES];
    shift = Long.SIZE - Integer.numberOfTrailingZeros(INITIAL_PLACES);
    count = 0;
    shared = false;
  }

  /** {@return the keys in rising order} */
  public long[] sortedKeys() {
    long[] sorted = new long[count];
    int used = 0;
    for (int at = 0; at < slots.length; at += 2) {
      if (slots[at] != EMPTY) {
        sorted[used++] = slots[at];
      }
    }
    Arrays.sort(sorted);
    return sorted;
  }

  private void ownSlots() {
    if (shared) {
      slots = slots.clone();
      shared = false;
    }
  }

  /** {@return where {@code key} is, or where it would be put} */
  private int at(long key) {
    int at = home(key);
    while (slots[at] != key && slots[at] != EMPTY) {
      at = next(at);
    }
    return at;
  }

  private int next(int at) {
    return (at + 2) & (slots.length - 1);
  }

  /** The highest bits of the product: neighbouring keys have places far from each other. */
  private int home(long key) {
    return (int) ((key * SPREAD) >>> shift) << 1;
  }

  private void grow() {
    long[] old = slots;
    slots = new long[2 * old.length];
    shift--;
    for (int i = 0; i < old.length; i += 2) {
      if (old[i] != EMPTY) {
        int at = at(old[i]);
        slots[at] = old[i];
        slots[at + 1] = old[i + 1];
      }
    }
  }
}
