// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.crashlane.guest.oracle.CaseDraft.OFTEN;
import static org.crashlane.guest.oracle.CaseDraft.OUTSIDE_RAM;
import static org.crashlane.guest.oracle.CaseDraft.RARELY;
import static org.crashlane.guest.oracle.CaseDraft.SOMETIMES;

import org.crashlane.bits.Alignment;
import org.crashlane.bits.BitField;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.vtd.FirstLevelEntry;
import org.crashlane.iommu.vtd.PasidDirectoryEntry;
import org.crashlane.iommu.vtd.PasidTableEntry;
import org.crashlane.iommu.vtd.ScalableContextEntry;
import org.crashlane.iommu.vtd.ScalableRootEntry;
import org.crashlane.iommu.vtd.SecondLevelEntry;

/**
 * Random VT-d tables in scalable mode whose PASID 0, for requests without one, has first-level
 * tables of 4 levels: rights of users, supervisors and writers, A and D, pages of 4 KiB, 2 MiB and
 * 1 GiB, addresses of both canonical halves and of none, with flaws at any step.
 */
final class FirstLevelCases implements CaseSource {
  private static final int LEVELS = 4;
  private static final int WIDTH = 48;
  private static final int HALF = 50;
  private static final int DIRECTORY_PAGE = 6;
  private static final int PASID_TABLE_PAGE = 7;
  private static final int SUPERPAGE_CHANCE = 20;
  private static final int SUPPRESSED_CHANCE = 10;
  private static final int RIGHTS_CHANCE = 88;
  private static final int CONTEXTS_IN_TABLE = 128;
  private static final int AW_OF_FOUR_LEVELS = 2;
  private static final BitField UPPER = BitField.bits("above the tables", 63, WIDTH);

  /** PWT, PCD, A, D, G and what is ignored, and bits that are beyond the unit's width. */
  private static final long OTHER_BITS =
      BitField.bits("attributes", 6, 3).mask()
          | BitField.bits("ignored", 11, 8).mask()
          | BitField.bits("beyond the width", 63, WIDTH).mask();

  private static final long RESERVED_IN_PASID_WORD_0 = BitField.bits("reserved", 11, 10).mask();
  private static final long RESERVED_IN_PASID_WORD_2 = BitField.bits("reserved", 11, 8).mask();

  private final Dice dice;
  private final ProbeMachine machine;

  /** Cases for {@code machine}, from its seed. */
  FirstLevelCases(ProbeMachine machine) {
    this.dice = new Dice(machine.seed());
    this.machine = machine;
  }

  @Override
  public ProbeCase next(int id) {
    CaseDraft draft = new CaseDraft(dice, machine.ramBytes(), id, LEVELS);
    boolean negative = BitField.bit("sign", WIDTH - 1).isSet(draft.iova());
    if (negative && dice.chance(OFTEN)) {
      draft.moveTo(draft.iova() | UPPER.mask());
    }
    putDeviceTables(draft);
    putPasid(draft);
    putPages(draft);
    return draft.finish(id, machine.root());
  }

  private void putDeviceTables(CaseDraft draft) {
    long root = CaseDraft.page(0) + (long) machine.requester().bus() * 2 * Long.BYTES;
    draft.put(root, ScalableRootEntry.pointingTo(CaseDraft.page(1)));
    long index = machine.requester().devfn() % CONTEXTS_IN_TABLE;
    long context = CaseDraft.page(DIRECTORY_PAGE) | present(ScalableContextEntry.P);
    draft.put(
        CaseDraft.page(1) + index * ScalableContextEntry.BYTES,
        context | suppressed(ScalableContextEntry.FPD));
    long directory = draft.mostly(CaseDraft.page(PASID_TABLE_PAGE));
    directory |= present(PasidDirectoryEntry.P) | suppressed(PasidDirectoryEntry.FPD);
    draft.put(CaseDraft.page(DIRECTORY_PAGE), directory);
  }

  private void putPasid(CaseDraft draft) {
    int type = type();
    boolean odd = type == PasidTableEntry.PGTT_FIRST_LEVEL && dice.chance(RARELY);
    long word = present(PasidTableEntry.P) | suppressed(PasidTableEntry.FPD);
    word |= dice.noise(odd ? HALF : 0, RESERVED_IN_PASID_WORD_0);
    word |= PasidTableEntry.PGTT.of(type);
    int width = dice.chance(SOMETIMES) ? dice.below(LEVELS) : AW_OF_FOUR_LEVELS;
    draft.put(CaseDraft.page(PASID_TABLE_PAGE), word | PasidTableEntry.AW.of(width));
    draft.put(
        CaseDraft.page(PASID_TABLE_PAGE) + Long.BYTES,
        PasidTableEntry.DID.of(dice.below(1 << PasidTableEntry.DID.width())));
    long pages = draft.mostly(SecondLevelDraft.tablePage(LEVELS));
    pages |= dice.noise(odd ? HALF : 0, RESERVED_IN_PASID_WORD_2);
    pages |= dice.noise(RARELY, PasidTableEntry.FLPM.mask() | PasidTableEntry.WPE.mask());
    draft.put(CaseDraft.page(PASID_TABLE_PAGE) + 2 * Long.BYTES, pages);
  }

  /** Mostly first-level; now and then what a unit of first-level tables alone has not. */
  private int type() {
    return dice.chance(OFTEN)
        ? PasidTableEntry.PGTT_FIRST_LEVEL
        : (int) dice.oneOf(PasidTableEntry.PGTT_SECOND_LEVEL, PasidTableEntry.PGTT_NESTED, 0);
  }

  private void putPages(CaseDraft draft) {
    long table = SecondLevelDraft.tablePage(LEVELS);
    for (int level = LEVELS; level >= 1; level--) {
      boolean leaf = level == 1 || dice.chance(level == LEVELS ? 1 : SUPERPAGE_CHANCE);
      long next = leaf ? page(draft, level) : nextTable(draft, level);
      long entry = next | rights() | dice.noise(SOMETIMES, OTHER_BITS);
      if (leaf && level > 1) {
        entry |= FirstLevelEntry.PS.mask();
      }
      draft.put(draft.entryAddress(table, level), entry);
      if (leaf) {
        return;
      }
      table = next;
    }
  }

  private long page(CaseDraft draft, int level) {
    long span = SecondLevelEntry.LARGEST.entrySpanBytes(level);
    long target = draft.targetPage(span);
    if (dice.chance(RARELY)) {
      return dice.chance(HALF) ? OUTSIDE_RAM : Alignment.down(InterruptWindow.RANGE.first(), span);
    }
    return level > 1
        ? target | dice.noise(SOMETIMES, span - SecondLevelEntry.LARGEST.pageBytes())
        : target;
  }

  private long nextTable(CaseDraft draft, int level) {
    return dice.chance(RARELY) ? draft.elsewhere() : SecondLevelDraft.tablePage(level - 1);
  }

  private long rights() {
    long all = FirstLevelEntry.P.mask() | FirstLevelEntry.US.mask() | FirstLevelEntry.RW.mask();
    return dice.chance(RIGHTS_CHANCE) ? all : all & ~dice.oneBitOf(all);
  }

  private long present(BitField field) {
    return field.of(dice.chance(OFTEN) ? 1 : 0);
  }

  private long suppressed(BitField field) {
    return field.of(dice.chance(SUPPRESSED_CHANCE) ? 1 : 0);
  }
}
