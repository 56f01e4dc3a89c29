// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.crashlane.guest.oracle.CaseDraft.ABOVE_MEMORY;
import static org.crashlane.guest.oracle.CaseDraft.OUTSIDE_RAM;
import static org.crashlane.guest.oracle.CaseDraft.RARELY;
import static org.crashlane.guest.oracle.CaseDraft.SOMETIMES;

import org.crashlane.bits.BitField;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.vtd.SecondLevelEntry;

/**
 * Second-level tables of VT-d for a draft: mostly sound ones, so that walks get far, with now and
 * then a flaw at any step of the way.
 */
final class SecondLevelDraft {
  static final int THREE_LEVELS = 3;
  static final int FOUR_LEVELS = 4;

  private static final int NOISE_CHANCE = 4;
  private static final int SUPERPAGE_CHANCE = 15;
  private static final long BELOW_PAGE = BitField.bits("attributes", 11, 2).mask();
  private static final long DEPENDING_ON_CAPABILITIES =
      SecondLevelEntry.SNP.mask() | SecondLevelEntry.TM.mask() | SecondLevelEntry.PS.mask();

  private final Dice dice;
  private final CaseDraft draft;

  SecondLevelDraft(Dice dice, CaseDraft draft) {
    this.dice = dice;
    this.draft = draft;
  }

  /**
   * {@return the page of a level's table: 0 and 1 are left to device tables, and so are 6 and 7}
   */
  static long tablePage(int level) {
    return CaseDraft.page(1 + level);
  }

  /** Puts the tables for the address, from the top one down to a leaf. */
  void put(int levels) {
    long table = tablePage(levels);
    for (int level = levels; level >= 1; level--) {
      boolean leaf = level == 1 || dice.chance(level == FOUR_LEVELS ? 1 : SUPERPAGE_CHANCE);
      long noise = dice.noise(NOISE_CHANCE, BELOW_PAGE | ABOVE_MEMORY);
      noise |= dice.noise(RARELY, DEPENDING_ON_CAPABILITIES);
      if (leaf) {
        draft.put(draft.entryAddress(table, level), leaf(level) | noise);
        return;
      }
      long next = nextTable(level);
      draft.put(draft.entryAddress(table, level), withRights(SecondLevelEntry.table(next)) | noise);
      table = next;
    }
  }

  private long leaf(int level) {
    long span = SecondLevelEntry.LARGEST.entrySpanBytes(level);
    long target = draft.targetPage(span);
    long page = dice.chance(RARELY) ? OUTSIDE_RAM : target;
    if (level > 1) {
      page |= dice.noise(SOMETIMES, span - SecondLevelEntry.LARGEST.pageBytes());
    }
    return withRights(SecondLevelEntry.leaf(page, level, Permissions.READ_WRITE));
  }

  private long withRights(long entry) {
    return draft.withRights(entry, SecondLevelEntry.R, SecondLevelEntry.W);
  }

  /** The page of the next level: its own, or now and then any of the tables, or none at all. */
  private long nextTable(int level) {
    if (dice.chance(1)) {
      return draft.elsewhere();
    }
    return dice.chance(RARELY)
        ? CaseDraft.page(dice.below(CaseDraft.PAGE_COUNT))
        : tablePage(level - 1);
  }
}
