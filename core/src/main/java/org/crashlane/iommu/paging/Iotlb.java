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

  private final int granuleBits;
  private final int strideBits;

  /** Each key with its value behind it, so that both are in one cache line. */
  private long[] slots;

  /** By how much a product is moved down to be the number of a slot. */
  private int slotShift;

  private int[] countByLevel;

  /** A one for each level that anything is remembered of. */
  private int levelsHeld;

  private int count;

  /** True while a copy has the same arrays: who changes them makes its own first. */
  private boolean shared;

  /**
   * @param geometry the shape of the tables that it remembers entries of
   */
  Iotlb(Geometry geometry) {
    this.granuleBits = geometry.granuleBits();
    this.strideBits = geometry.strideBits();
    clear();
  }

  private Iotlb(Iotlb other) {
    this.granuleBits = other.granuleBits;
    this.strideBits = other.strideBits;
    this.slots = other.slots;
    this.slotShift = other.slotShift;
    this.countByLevel = other.countByLevel;
    this.levelsHeld = other.levelsHeld;
    this.count = other.count;
    this.shared = true;
  }

  Iotlb fork() {
    shared = true;
    return new Iotlb(this);
  }

  private void ownArrays() {
    if (shared) {
      slots = slots.clone();
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
    return (access == Access.READ ? READ : WRITE).isSet(value);
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
    long page = iova >>> granuleBits;
    if (page >>> Math.min(levels * strideBits, KEY_PAGE.width()) != 0) {
      return NOT_CACHED;
    }
    for (int level = 1; level <= levels; level++) {
      if ((levelsHeld & 1 << level) != 0) {
        int at = at(key(domainId, level, iova));
        if (slots[at] != EMPTY) {
          return slots[at + 1];
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
    int at = at(key);
    return slots[at] == EMPTY ? NOT_CACHED : slots[at + 1];
  }

  void put(long key, long value) {
    ownArrays();
    int at = at(key);
    if (slots[at] == EMPTY) {
      if (4 * (count + 1) > slots.length) {
        grow();
        at = at(key);
      }
      slots[at] = key;
      count++;
      countByLevel[level(key)]++;
      levelsHeld |= 1 << level(key);
    }
    slots[at + 1] = value;
  }

  void drop(long key) {
    int hole = at(key);
    if (slots[hole] == EMPTY) {
      return;
    }
    ownArrays();
    count--;
    if (--countByLevel[level(key)] == 0) {
      levelsHeld &= ~(1 << level(key));
    }
    for (int next = next(hole); slots[next] != EMPTY; next = next(next)) {
      int home = home(slots[next]);
      int mask = slots.length - 1;
      if (((next - home) & mask) >= ((next - hole) & mask)) {
        slots[hole] = slots[next];
        slots[hole + 1] = slots[next + 1];
        hole = next;
      }
    }
    slots[hole] = EMPTY;
    slots[hole + 1] = 0;
  }

  void clear() {
    slots = new long[2 * INITIAL_SLOTS];
    slotShift = Long.SIZE - Integer.numberOfTrailingZeros(INITIAL_SLOTS);
    countByLevel = new int[Geometry.LEVELS_MAX + 1];
    levelsHeld = 0;
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
    for (int at = 0; at < slots.length; at += 2) {
      if (slots[at] != EMPTY) {
        sorted[used++] = slots[at];
      }
    }
    Arrays.sort(sorted);
    return sorted;
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

  /** The highest bits of the product: neighbouring pages have places far from each other. */
  private int home(long key) {
    return (int) ((key * SPREAD) >>> slotShift) << 1;
  }

  private void grow() {
    long[] old = slots;
    slots = new long[2 * old.length];
    slotShift--;
    for (int i = 0; i < old.length; i += 2) {
      if (old[i] != EMPTY) {
        int at = at(old[i]);
        slots[at] = old[i];
        slots[at + 1] = old[i + 1];
      }
    }
  }
}
