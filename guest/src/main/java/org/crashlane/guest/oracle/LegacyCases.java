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
import org.crashlane.iommu.vtd.Capabilities;
import org.crashlane.iommu.vtd.ContextEntry;
import org.crashlane.iommu.vtd.RootEntry;
import org.crashlane.iommu.vtd.SecondLevelEntry;

/**
 * Random VT-d tables in legacy mode: mostly sound ones, so that walks get far, with now and then a
 * flaw at any step of the way.
 *
 * <p>Leaves point into 16 MiB of memory apart from the tables, or outside memory. They never point
 * to where a write would change more than memory.
 */
final class LegacyCases implements CaseSource {
  private static final int OFTEN = 97;
  private static final int SOMETIMES = 5;
  private static final int RARELY = 2;
  private static final int HALF = 50;
  private static final int TRANSLATED_CHANCE = 90;
  private static final int ALL_RIGHTS_CHANCE = 80;
  private static final int SUPERPAGE_CHANCE = 15;
  private static final int NOISE_CHANCE = 4;

  private static final long OUTSIDE_RAM = 0x7f_0000_0000L;
  private static final long TARGET_FIRST = 1L << 24;
  private static final int TARGET_BITS = 24;
  private static final int PAGE_BITS = 12;
  private static final int INDEX_BITS = 9;
  private static final int THREE_LEVELS = 3;
  private static final int FOUR_LEVELS = 4;
  private static final int GIBIBYTE_LEVEL = 3;
  private static final int PAGE_COUNT =
      (int) (ProbeMemory.ARENA.sizeBytes() / PageArena.PAGE_BYTES);
  private static final BitField PAGE = BitField.bits("page", 63, 12);
  private static final BitField OFFSET = BitField.bits("offset in page", 11, 0);
  private static final BitField WORD_IN_PAGE = BitField.bits("word in page", 11, 3);
  private static final int WORDS_IN_PAGE = 1 << WORD_IN_PAGE.width();
  // Bits that no table or page of the arena or of memory needs, so that noise cannot redirect a
  // walk or a write within memory.
  private static final long ABOVE_MEMORY = BitField.bits("above memory", 63, 39).mask();
  private static final long BELOW_PAGE_IN_ENTRY = BitField.bits("attributes", 11, 2).mask();
  private static final long BELOW_PAGE_IN_ROOT = BitField.bits("attributes", 11, 1).mask();
  private static final long BELOW_PAGE_IN_CONTEXT = BitField.bits("attributes", 11, 4).mask();

  private final Dice dice;
  private final ProbeMachine machine;
  private final boolean fourLevels;
  private final Map<Long, Long> words = new TreeMap<>();
  private long iova;

  LegacyCases(ProbeMachine machine) {
    this.dice = new Dice(machine.seed());
    this.machine = machine;
    this.fourLevels =
        new Capabilities(machine.capability(), machine.extendedCapability())
            .supportsLevels(FOUR_LEVELS);
  }

  @Override
  public ProbeCase next(int id) {
    words.clear();
    int levels = levels();
    iova = iova(levels, id);
    long root = machine.root();
    long context = page(1);
    putRoot(root, dice.chance(RARELY) ? elsewhere() : context);
    long top = tablePage(levels);
    putContext(context, dice.chance(RARELY) ? elsewhere() : top, levels);
    putTables(top, levels);
    List<TableWord> listed = new ArrayList<>();
    words.forEach((address, value) -> listed.add(new TableWord(address, value)));
    return new ProbeCase(id, dice.chance(1) ? OUTSIDE_RAM : root, listed, iova);
  }

  private int levels() {
    return fourLevels && dice.chance(HALF) ? FOUR_LEVELS : THREE_LEVELS;
  }

  private long iova(int levels, int id) {
    int width = widthOf(levels);
    long address = dice.chance(RARELY) ? InterruptEdges.near(dice) : dice.bits(width);
    address |= dice.noise(SOMETIMES, ~BitField.lowMask(width));
    return ownWord(address, id);
  }

  /**
   * Cases that follow each other use different words of their pages, wherever those are: what one
   * wrote is never what the next reads.
   */
  private static long ownWord(long address, int id) {
    return Alignment.down(WORD_IN_PAGE.with(address, id % WORDS_IN_PAGE), Long.BYTES);
  }

  private static int widthOf(int levels) {
    return PAGE_BITS + INDEX_BITS * levels;
  }

  private void putRoot(long root, long context) {
    long address = root + (long) machine.requester().bus() * RootEntry.BYTES;
    long low = RootEntry.low(context) | dice.noise(RARELY, BELOW_PAGE_IN_ROOT | ABOVE_MEMORY);
    put(address, dice.chance(OFTEN) ? low : RootEntry.P.with(low, 0));
    put(address + Long.BYTES, dice.noise(RARELY, -1L));
  }

  private void putContext(long table, long top, int levels) {
    long address = table + (long) machine.requester().devfn() * ContextEntry.BYTES;
    long low = ContextEntry.low(translationType(), top);
    low = dice.chance(OFTEN) ? low : ContextEntry.P.with(low, 0);
    low = dice.chance(SOMETIMES) ? ContextEntry.FPD.with(low, 1) : low;
    low |= dice.noise(RARELY, BELOW_PAGE_IN_CONTEXT) | dice.noise(1, ABOVE_MEMORY);
    if (ContextEntry.translationType(low) == ContextEntry.TT_PASS_THROUGH) {
      iova = PAGE.inPlace(passThroughTarget()) | OFFSET.inPlace(iova);
    }
    long high = ContextEntry.high(levels, dice.below(1 << ContextEntry.DID.width()));
    high =
        dice.chance(SOMETIMES)
            ? ContextEntry.AW.with(high, dice.below(1 << ContextEntry.AW.width()))
            : high;
    high |= dice.noise(RARELY, ~ContextEntry.AW.mask() & ~ContextEntry.DID.mask());
    put(address, low);
    put(address + Long.BYTES, high);
  }

  private int translationType() {
    return dice.chance(TRANSLATED_CHANCE)
        ? ContextEntry.TT_UNTRANSLATED_ONLY
        : dice.below(1 << ContextEntry.TT.width());
  }

  /** An address that means no device: in memory, in the interrupt window, or far above both. */
  private long passThroughTarget() {
    return switch (dice.below(2 + 1)) {
      case 0 -> InterruptEdges.within(dice);
      case 1 -> iova | OUTSIDE_RAM;
      default -> target();
    };
  }

  private long target() {
    return TARGET_FIRST | Alignment.down(dice.bits(TARGET_BITS), Long.BYTES);
  }

  private void putTables(long top, int levels) {
    long table = top;
    for (int level = levels; level >= 1; level--) {
      boolean leaf = level == 1 || dice.chance(level == FOUR_LEVELS ? 1 : SUPERPAGE_CHANCE);
      if (leaf && level >= GIBIBYTE_LEVEL) {
        // A page this large begins at 0: the address in it has to be one in the target memory.
        long target = PAGE.inPlace(target()) | OFFSET.inPlace(iova);
        iova = Alignment.down(iova, 1L << shift(GIBIBYTE_LEVEL)) | target;
      }
      long address = table + index(level) * Long.BYTES;
      long noise = dice.noise(NOISE_CHANCE, BELOW_PAGE_IN_ENTRY | ABOVE_MEMORY);
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

  private long elsewhere() {
    return dice.oneOf(OUTSIDE_RAM, TARGET_FIRST, machine.ramBytes());
  }

  private long index(int level) {
    return (iova >>> shift(level)) & BitField.lowMask(INDEX_BITS);
  }

  private static int shift(int level) {
    return PAGE_BITS + INDEX_BITS * (level - 1);
  }

  private static long page(int number) {
    return ProbeMemory.ARENA.first() + (long) number * PageArena.PAGE_BYTES;
  }

  /** {@return the page of a level's table: behind those of the root and the context table} */
  private static long tablePage(int level) {
    return page(1 + level);
  }

  private void put(long address, long value) {
    if (ProbeMemory.ARENA.contains(address)) {
      words.put(address, value);
    }
  }
}
