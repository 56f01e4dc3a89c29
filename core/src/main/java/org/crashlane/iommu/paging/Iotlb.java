// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.Arrays;
import java.util.function.LongPredicate;
import org.crashlane.bits.BitField;
import org.crashlane.bits.LongTable;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Permissions;

/**
 * What a unit remembers of page tables: for each leaf that was ever used where it leads, and, if
 * the unit remembers that too, which entries were not present. A table from a key of domain, level
 * and IOVA to a word with the page, its level and its rights. IOVAs whose page number has more than
 * 45 bits, which the largest tables translate, are not remembered.
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

  private final int granuleBits;
  private final int strideBits;

  /** No key is 0, for none has level 0. */
  private final LongTable entries;

  private final int[] countByLevel;

  /** A one for each level that anything is remembered of. */
  private int levelsHeld;

  /**
   * @param geometry the shape of the tables that it remembers entries of
   */
  Iotlb(Geometry geometry) {
    this.granuleBits = geometry.granuleBits();
    this.strideBits = geometry.strideBits();
    this.entries = new LongTable();
    this.countByLevel = new int[Geometry.LEVELS_MAX + 1];
  }

  private Iotlb(Iotlb other) {
    this.granuleBits = other.granuleBits;
    this.strideBits = other.strideBits;
    this.entries = other.entries.fork();
    this.countByLevel = other.countByLevel.clone();
    this.levelsHeld = other.levelsHeld;
  }

  Iotlb fork() {
    return new Iotlb(this);
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
        long value = entries.getOr(key(domainId, level, iova), NOT_CACHED);
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
    return entries.count();
  }

  /** {@return the page and the rights of {@code key}, or {@link #ABSENT} or {@link #NOT_CACHED}} */
  long get(long key) {
    return entries.getOr(key, NOT_CACHED);
  }

  void put(long key, long value) {
    if (entries.put(key, value)) {
      countByLevel[level(key)]++;
      levelsHeld |= 1 << level(key);
    }
  }

  void drop(long key) {
    if (entries.remove(key) && --countByLevel[level(key)] == 0) {
      levelsHeld &= ~(1 << level(key));
    }
  }

  void clear() {
    entries.clear();
    Arrays.fill(countByLevel, 0);
    levelsHeld = 0;
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
    return entries.sortedKeys();
  }
}
