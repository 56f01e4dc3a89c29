// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.vtd.SecondLevelEntry;

/**
 * A case in the making: an address and second-level tables for it, mostly sound ones, so that walks
 * get far, with now and then a flaw at any step of the way.
 *
 * <p>Leaves point into 16 MiB of memory apart from the tables, or outside memory. They never point
 * to where a write would change more than memory.
 */
final class CaseDraft {
  /** Chances, of 100. */
  static final int OFTEN = 97;

  /** See {@link #OFTEN}. */
  static final int SOMETIMES = 5;

  /** See {@link #OFTEN}. */
  static final int RARELY = 2;

  /**
   * Address bits that no table and no page in memory needs: one of them too many in an entry cannot
   * redirect a walk or a write within memory.
   */
  static final long ABOVE_MEMORY = BitField.bits("above memory", 63, 39).mask();

  /** Far beyond memory, but within 39 bits. */
  static final long OUTSIDE_RAM = 0x7f_0000_0000L;

  static final int THREE_LEVELS = 3;
  static final int FOUR_LEVELS = 4;

  private static final int NOISE_CHANCE = 4;
  private static final int SUPERPAGE_CHANCE = 15;
  private static final int ALL_RIGHTS_CHANCE = 80;
  private static final long BELOW_PAGE = BitField.bits("attributes", 11, 2).mask();
  private static final long DEPENDING_ON_CAPABILITIES =
      SecondLevelEntry.SNP.mask() | SecondLevelEntry.TM.mask() | SecondLevelEntry.PS.mask();

  private static final long TARGET_FIRST = 1L << 24;
  private static final int TARGET_BITS = 24;
  private static final int PAGE_BITS = 12;
  private static final int INDEX_BITS = 9;
  private static final int GIBIBYTE_LEVEL = 3;
  private static final int PAGE_COUNT =
      (int) (ProbeMemory.ARENA.sizeBytes() / PageArena.PAGE_BYTES);
  private static final BitField PAGE = BitField.bits("page", 63, 12);
  private static final BitField OFFSET = BitField.bits("offset in page", 11, 0);
  private static final BitField WORD_IN_PAGE = BitField.bits("word in page", 11, 3);
  private static final int WORDS_IN_PAGE = 1 << WORD_IN_PAGE.width();

  private final Dice dice;
  private final long ramBytes;
  private final Map<Long, Long> words = new TreeMap<>();
  private long iova;

  /**
   * A draft of case {@code id} with an address for tables of {@code levels} levels: mostly one that
   * they reach. Cases that follow each other use different words of their pages, wherever those
   * are, so that what one wrote is never what the next reads.
   */
  CaseDraft(Dice dice, long ramBytes, int id, int levels) {
    this.dice = dice;
    this.ramBytes = ramBytes;
    int width = PAGE_BITS + INDEX_BITS * levels;
    long address = dice.chance(RARELY) ? InterruptEdges.near(dice) : dice.bits(width);
    address |= dice.noise(SOMETIMES, ~BitField.lowMask(width));
    this.iova = Alignment.down(WORD_IN_PAGE.with(address, id % WORDS_IN_PAGE), Long.BYTES);
  }

  /** Makes the address one that may pass untranslated: such that it means no device. */
  void passUntranslated() {
    long page =
        switch (dice.below(2 + 1)) {
          case 0 -> InterruptEdges.within(dice);
          case 1 -> iova | OUTSIDE_RAM;
          default -> target();
        };
    iova = PAGE.inPlace(page) | OFFSET.inPlace(iova);
  }

  /** {@return a page of the arena: 0 and 1 are left to device tables, and so are 6 and 7} */
  static long page(int number) {
    return ProbeMemory.ARENA.first() + (long) number * PageArena.PAGE_BYTES;
  }

  /** {@return the page of a level's table} */
  static long tablePage(int level) {
    return page(1 + level);
  }

  /** {@return {@code table}, or now and then a page that is no table, or no memory} */
  long mostly(long table) {
    return dice.chance(RARELY) ? elsewhere() : table;
  }

  private long elsewhere() {
    return dice.oneOf(OUTSIDE_RAM, TARGET_FIRST, ramBytes);
  }

  /** Sets a table word. Outside the arena there are none to be set. */
  void put(long address, long value) {
    if (ProbeMemory.ARENA.contains(address)) {
      words.put(address, value);
    }
  }

  /** Puts the tables for the address, from the top one down to a leaf. */
  void putTables(int levels) {
    long table = tablePage(levels);
    for (int level = levels; level >= 1; level--) {
      boolean leaf = level == 1 || dice.chance(level == FOUR_LEVELS ? 1 : SUPERPAGE_CHANCE);
      if (leaf && level >= GIBIBYTE_LEVEL) {
        // A page this large begins at 0: the address in it has to be one in the target memory.
        long target = PAGE.inPlace(target()) | OFFSET.inPlace(iova);
        iova = Alignment.down(iova, 1L << shift(GIBIBYTE_LEVEL)) | target;
      }
      long address = table + index(level) * Long.BYTES;
      long noise = dice.noise(NOISE_CHANCE, BELOW_PAGE | ABOVE_MEMORY);
      noise |= dice.noise(RARELY, DEPENDING_ON_CAPABILITIES);
      if (leaf) {
        put(address, leaf(level) | noise);
        return;
      }
      long next = nextTable(level);
      put(address, withRights(SecondLevelEntry.table(next)) | noise);
      table = next;
    }
  }

  private long leaf(int level) {
    long span = 1L << shift(level);
    long page = level >= GIBIBYTE_LEVEL ? 0 : Alignment.down(target(), span);
    page = dice.chance(RARELY) ? OUTSIDE_RAM : page;
    if (level > 1) {
      page |= dice.noise(SOMETIMES, span - (1L << PAGE_BITS));
    }
    return withRights(SecondLevelEntry.leaf(page, level, Permissions.READ_WRITE));
  }

  private long withRights(long entry) {
    if (dice.chance(ALL_RIGHTS_CHANCE)) {
      return entry;
    }
    long without = SecondLevelEntry.R.with(SecondLevelEntry.W.with(entry, 0), 0);
    return without | SecondLevelEntry.R.of(dice.below(2)) | SecondLevelEntry.W.of(dice.below(2));
  }

  /** The page of the next level: its own, or now and then any of the tables, or none at all. */
  private long nextTable(int level) {
    if (dice.chance(1)) {
      return elsewhere();
    }
    return dice.chance(RARELY) ? page(dice.below(PAGE_COUNT)) : tablePage(level - 1);
  }

  private long target() {
    return TARGET_FIRST | Alignment.down(dice.bits(TARGET_BITS), Long.BYTES);
  }

  private long index(int level) {
    return (iova >>> shift(level)) & BitField.lowMask(INDEX_BITS);
  }

  private static int shift(int level) {
    return PAGE_BITS + INDEX_BITS * (level - 1);
  }

  /** {@return the case, with {@code root} in the root table address register} */
  ProbeCase finish(int id, long root) {
    List<TableWord> listed = new ArrayList<>();
    words.forEach((address, value) -> listed.add(new TableWord(address, value)));
    return new ProbeCase(id, root, listed, iova);
  }
}
