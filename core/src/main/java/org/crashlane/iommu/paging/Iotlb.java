// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.Arrays;
import java.util.function.LongPredicate;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Permissions;

/**
 * What a unit remembers of page tables: for each leaf that was ever used where it leads, and, if
 * the unit remembers that too, which entries were not present. An open-addressed table from a key
 * of domain, level and IOVA to a word with the page, its level and its rights. IOVAs whose page
 * number has more than 45 bits, which the largest tables translate, are not remembered.
 */
public final class Iotlb {
  /** What is answered where nothing is remembered: no leaf has a level like this. */
  public static final long NOT_CACHED = -1;

  /** What is remembered of an entry that is not present. */
  public static final long ABSENT = 0;

  private static final BitField READ = BitField.bit("read", 0);
  private static final BitField WRITE = BitField.bit("write", 1);
  private static final BitField LEAF_LEVEL = BitField.bits("leaf level", 4, 2);
  private static final BitField PAGE = BitField.bits("page", 63, 12);

  private static final BitField KEY_PAGE = BitField.bits("IOVA page", 44, 0);
  private static final BitField KEY_LEVEL = BitField.bits("level", 47, 45);
  private static final BitField KEY_DOMAIN = BitField.bits("domain", 63, 48);
  private static final long EMPTY = 0;
  private static final int INITIAL_SLOTS = 16;

  /** The multiplier of Fibonacci hashing: 2^64 divided by the golden ratio. */
  private static final long SPREAD = 0x9E3779B97F4A7C15L;

  private static final int SPREAD_SHIFT = 32;

  private final int granuleBits;
  private final int strideBits;
  private long[] keys;
  private long[] values;
  private int[] countByLevel;
  private int count;

  /** True while a copy has the same arrays: whoever changes them takes arrays of its own first. */
  private boolean shared;

  /**
   * @param geometry the shape of the tables that it remembers entries of
   */
  Iotlb(Geometry geometry) {
    this.granuleBits = geometry.granuleBits();
    this.strideBits = geometry.strideBits();
    keys = new long[INITIAL_SLOTS];
    values = new long[INITIAL_SLOTS];
    countByLevel = new int[Geometry.LEVELS_MAX + 1];
  }

  private Iotlb(Iotlb other) {
    this.granuleBits = other.granuleBits;
    this.strideBits = other.strideBits;
    this.keys = other.keys;
    this.values = other.values;
    this.countByLevel = other.countByLevel;
    this.count = other.count;
    this.shared = true;
  }

  Iotlb fork() {
    shared = true;
    return new Iotlb(this);
  }

  private void ownArrays() {
    if (shared) {
      keys = keys.clone();
      values = values.clone();
      countByLevel = countByLevel.clone();
      shared = false;
    }
  }

  /** {@return what is to be remembered of a leaf at {@code level} that leads to {@code page}} */
  public static long leaf(long page, int level, Permissions permissions) {
    return PAGE.inPlace(page)
        | LEAF_LEVEL.of(level)
        | READ.of(permissions.allows(Access.READ) ? 1 : 0)
        | WRITE.of(permissions.allows(Access.WRITE) ? 1 : 0);
  }

  /** {@return true if what is remembered lets {@code access} pass} */
  public static boolean allows(long value, Access access) {
    return switch (access) {
      case READ -> READ.isSet(value);
      case WRITE -> WRITE.isSet(value);
    };
  }

  /** {@return what it allows} */
  static Permissions permissions(long value) {
    return Permissions.of(READ.isSet(value), WRITE.isSet(value));
  }

  /** {@return where what is remembered of a leaf leads {@code iova}} */
  public long physical(long value, long iova) {
    int level = (int) LEAF_LEVEL.get(value);
    long entryFirst = -1L << (granuleBits + (level - 1) * strideBits);
    return PAGE.inPlace(value) | (iova & ~entryFirst);
  }

  /**
   * {@return what is remembered for {@code iova}, smallest pages first, or {@link #NOT_CACHED}, as
   * for all beyond what tables of {@code levels} levels translate}
   */
  public long find(int domainId, int levels, long iova) {
    if (!holds(iova) || iova >>> granuleBits >>> (levels * strideBits) != 0) {
      return NOT_CACHED;
    }
    for (int level = 1; level <= levels; level++) {
      if (countByLevel[level] != 0) {
        long value = get(key(domainId, level, iova));
        if (value != NOT_CACHED) {
          return value;
        }
      }
    }
    return NOT_CACHED;
  }

  /** Remembers {@code value} of the entry at {@code level} that serves {@code iova}. */
  public void put(int domainId, int level, long iova, long value) {
    if (holds(iova)) {
      put(key(domainId, level, iova), value);
    }
  }

  /** {@return true if anything of {@code iova} may be remembered: a key has room for it} */
  boolean holds(long iova) {
    return iova >>> granuleBits <= KEY_PAGE.mask();
  }

  long key(int domainId, int level, long iova) {
    long page = (iova >>> granuleBits) & (-1L << ((level - 1) * strideBits));
    return (long) domainId << KEY_DOMAIN.low() | (long) level << KEY_LEVEL.low() | page;
  }

  static int domainId(long key) {
    return (int) KEY_DOMAIN.get(key);
  }

  static int level(long key) {
    return (int) KEY_LEVEL.get(key);
  }

  long iova(long key) {
    return KEY_PAGE.get(key) << granuleBits;
  }

  /** {@return true if anything of {@code level} is remembered} */
  boolean hasLevel(int level) {
    return countByLevel[level] != 0;
  }

  int count() {
    return count;
  }

  /** {@return the page and the rights of {@code key}, or {@link #ABSENT} or {@link #NOT_CACHED}} */
  long get(long key) {
    int slot = slot(key);
    return keys[slot] == EMPTY ? NOT_CACHED : values[slot];
  }

  void put(long key, long value) {
    ownArrays();
    int slot = slot(key);
    if (keys[slot] == EMPTY) {
      if (2 * (count + 1) > keys.length) {
        rehash(2 * keys.length);
        slot = slot(key);
      }
      keys[slot] = key;
      count++;
      countByLevel[level(key)]++;
    }
    values[slot] = value;
  }

  void drop(long key) {
    int slot = slot(key);
    if (keys[slot] == EMPTY) {
      return;
    }
    ownArrays();
    count--;
    countByLevel[level(key)]--;
    int mask = keys.length - 1;
    int hole = slot;
    for (int next = (hole + 1) & mask; keys[next] != EMPTY; next = (next + 1) & mask) {
      int home = home(keys[next], mask);
      if (((next - home) & mask) >= ((next - hole) & mask)) {
        keys[hole] = keys[next];
        values[hole] = values[next];
        hole = next;
      }
    }
    keys[hole] = EMPTY;
    values[hole] = 0;
  }

  void clear() {
    keys = new long[INITIAL_SLOTS];
    values = new long[INITIAL_SLOTS];
    countByLevel = new int[Geometry.LEVELS_MAX + 1];
    count = 0;
    shared = false;
  }

  /** Drops every entry whose key {@code dropped} says. */
  void dropIf(LongPredicate dropped) {
    for (long key : sortedKeys()) {
      if (dropped.test(key)) {
        drop(key);
      }
    }
  }

  /** {@return the keys in rising order} */
  long[] sortedKeys() {
    long[] sorted = new long[count];
    int used = 0;
    for (long key : keys) {
      if (key != EMPTY) {
        sorted[used++] = key;
      }
    }
    Arrays.sort(sorted);
    return sorted;
  }

  private int slot(long key) {
    int mask = keys.length - 1;
    int slot = home(key, mask);
    while (keys[slot] != key && keys[slot] != EMPTY) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private static int home(long key, int mask) {
    return (int) ((key * SPREAD) >>> SPREAD_SHIFT) & mask;
  }

  private void rehash(int slots) {
    long[] oldKeys = keys;
    long[] oldValues = values;
    keys = new long[slots];
    values = new long[slots];
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != EMPTY) {
        int slot = slot(oldKeys[i]);
        keys[slot] = oldKeys[i];
        values[slot] = oldValues[i];
      }
    }
  }
}
