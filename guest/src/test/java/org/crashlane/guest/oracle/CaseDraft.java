// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.vtd.SecondLevelEntry;

/**
 * A case in the making: an address, and words of tables for it.
 *
 * <p>Leaves are to point into 16 MiB of memory apart from the tables, or outside memory. They never
 * point to where a write would change more than memory.
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

  /** Where pages in memory are. */
  private static final long TARGET_FIRST = 1L << 24;

  /** How many pages tables may use. */
  static final int PAGE_COUNT = (int) (ProbeMemory.ARENA.sizeBytes() / PageArena.PAGE_BYTES);

  private static final int ALL_RIGHTS_CHANCE = 85;
  private static final int TARGET_BITS = 24;
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
    long reached = BitField.lowMask(SecondLevelEntry.LARGEST.addressBits(levels));
    long address = dice.chance(RARELY) ? InterruptEdges.near(dice) : dice.bits(Long.SIZE) & reached;
    address |= dice.noise(SOMETIMES, ~reached);
    this.iova = Alignment.down(WORD_IN_PAGE.with(address, id % WORDS_IN_PAGE), Long.BYTES);
  }

  /** {@return the address} */
  long iova() {
    return iova;
  }

  /** Makes the address one in {@code page}, with the offset that it has. */
  void moveTo(long page) {
    long offset = SecondLevelEntry.LARGEST.offset(iova, 1);
    iova = (page & -SecondLevelEntry.LARGEST.pageBytes()) | offset;
  }

  /** Makes the address one that may pass untranslated: such that it means no device. */
  void passUntranslated() {
    moveTo(
        switch (dice.below(2 + 1)) {
          case 0 -> InterruptEdges.within(dice);
          case 1 -> iova | OUTSIDE_RAM;
          default -> target();
        });
  }

  /** {@return a page of the arena} */
  static long page(int number) {
    return ProbeMemory.ARENA.first() + (long) number * PageArena.PAGE_BYTES;
  }

  /** {@return {@code table}, or now and then a page that is no table, or no memory} */
  long mostly(long table) {
    return dice.chance(RARELY) ? elsewhere() : table;
  }

  /** {@return a page that is no table, or no memory} */
  long elsewhere() {
    return dice.oneOf(OUTSIDE_RAM, TARGET_FIRST, ramBytes);
  }

  /** Sets a table word. Outside the arena there are none to be set. */
  void put(long address, long value) {
    if (ProbeMemory.ARENA.contains(address)) {
      words.put(address, value);
    }
  }

  /**
   * {@return a page of {@code sizeBytes} that the address leads to, in memory}
   *
   * <p>One larger than all pages in memory begins at 0; the address is then changed within it.
   */
  long targetPage(long sizeBytes) {
    if (sizeBytes <= 1L << TARGET_BITS) {
      return Alignment.down(target(), sizeBytes);
    }
    moveTo(Alignment.down(iova, sizeBytes) | target());
    return 0;
  }

  private long target() {
    return TARGET_FIRST | Alignment.down(dice.bits(TARGET_BITS), Long.BYTES);
  }

  /** {@return {@code entry} with the rights it has, or now and then with others} */
  long withRights(long entry, BitField read, BitField write) {
    return dice.chance(ALL_RIGHTS_CHANCE)
        ? entry
        : read.with(write.with(entry, dice.below(2)), dice.below(2));
  }

  /** {@return where the entry for the address is in {@code table}, one at {@code level}} */
  long entryAddress(long table, int level) {
    return SecondLevelEntry.LARGEST.entryAddress(table, iova, level);
  }

  /** {@return the case, with {@code root} in the register that points to the tables} */
  ProbeCase finish(int id, long root) {
    List<TableWord> listed = new ArrayList<>();
    words.forEach((address, value) -> listed.add(new TableWord(address, value)));
    return new ProbeCase(id, root, listed, iova);
  }
}
