// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.crashlane.guest.oracle.CaseDraft.OFTEN;
import static org.crashlane.guest.oracle.CaseDraft.RARELY;
import static org.crashlane.guest.oracle.SecondLevelDraft.FOUR_LEVELS;
import static org.crashlane.guest.oracle.SecondLevelDraft.THREE_LEVELS;

import org.crashlane.bits.BitField;
import org.crashlane.iommu.vtd.PasidDirectoryEntry;
import org.crashlane.iommu.vtd.PasidTableEntry;
import org.crashlane.iommu.vtd.ScalableContextEntry;
import org.crashlane.iommu.vtd.ScalableRootEntry;

/**
 * Random VT-d tables in scalable mode, for requests without a PASID: root, context, PASID directory
 * and PASID table entries, and second-level tables behind them.
 *
 * <p>Left out is what QEMU 7.2 takes although its capability registers say it cannot: a RID_PASID
 * other than 0 (ECAP.RPS is 0), and first-level and nested tables (ECAP.FLTS and NEST are 0), which
 * it walks as second-level ones.
 */
public final class ScalableCases implements CaseSource {
  private static final int HALF = 50;
  private static final int TRANSLATED_CHANCE = 90;

  /** So many that FPD meets every flaw of its own entry. */
  private static final int SUPPRESSED_CHANCE = 15;

  private static final int DIRECTORY_PAGE = 6;
  private static final int PASID_TABLE_PAGE = 7;
  private static final int LEVELS_OF_AW_ZERO = 2;
  private static final int CONTEXTS_IN_TABLE = 128;

  private final Dice dice;
  private final ProbeMachine machine;

  /** Cases for {@code machine}, from its seed. */
  public ScalableCases(ProbeMachine machine) {
    this.dice = new Dice(machine.seed());
    this.machine = machine;
  }

  @Override
  public ProbeCase next(int id) {
    int levels = dice.chance(HALF) ? FOUR_LEVELS : THREE_LEVELS;
    CaseDraft draft = new CaseDraft(dice, machine.ramBytes(), id, levels);
    putRoot(draft);
    putContext(draft);
    putDirectory(draft);
    putPasid(draft, levels);
    new SecondLevelDraft(dice, draft).put(levels);
    return draft.finish(id, machine.root());
  }

  private void putRoot(CaseDraft draft) {
    long address = CaseDraft.page(0) + (long) machine.requester().bus() * 2 * Long.BYTES;
    long word = ScalableRootEntry.pointingTo(draft.mostly(CaseDraft.page(1)));
    draft.put(address, dice.chance(OFTEN) ? word : ScalableRootEntry.LP.with(word, 0));
  }

  private void putContext(CaseDraft draft) {
    long index = machine.requester().devfn() % CONTEXTS_IN_TABLE;
    long address = CaseDraft.page(1) + index * ScalableContextEntry.BYTES;
    long word = draft.mostly(CaseDraft.page(DIRECTORY_PAGE));
    word |= present(ScalableContextEntry.P) | suppressed(ScalableContextEntry.FPD);
    word |= ScalableContextEntry.PDTS.of(dice.below(1 << ScalableContextEntry.PDTS.width()));
    draft.put(address, word | dice.noise(RARELY, BitField.bits("reserved", 8, 5).mask()));
    draft.put(address + Long.BYTES, dice.noise(RARELY, BitField.bits("reserved", 63, 21).mask()));
    draft.put(address + 2 * Long.BYTES, dice.noise(1, -1L));
  }

  private void putDirectory(CaseDraft draft) {
    long word = draft.mostly(CaseDraft.page(PASID_TABLE_PAGE));
    word |= present(PasidDirectoryEntry.P) | suppressed(PasidDirectoryEntry.FPD);
    draft.put(CaseDraft.page(DIRECTORY_PAGE), word);
  }

  private void putPasid(CaseDraft draft, int levels) {
    long word = draft.mostly(SecondLevelDraft.tablePage(levels));
    word |= present(PasidTableEntry.P) | suppressed(PasidTableEntry.FPD);
    word |= PasidTableEntry.AW.of(levels - LEVELS_OF_AW_ZERO);
    int type = dice.chance(TRANSLATED_CHANCE) ? PasidTableEntry.PGTT_SECOND_LEVEL : otherType();
    word = PasidTableEntry.PGTT.with(word, type);
    if (type == PasidTableEntry.PGTT_PASS_THROUGH) {
      draft.passUntranslated();
    }
    draft.put(CaseDraft.page(PASID_TABLE_PAGE), word);
    long domain = PasidTableEntry.DID.of(dice.below(1 << PasidTableEntry.DID.width()));
    draft.put(CaseDraft.page(PASID_TABLE_PAGE) + Long.BYTES, domain);
  }

  private int otherType() {
    if (dice.chance(HALF)) {
      return PasidTableEntry.PGTT_PASS_THROUGH;
    }
    int type = dice.below(1 << PasidTableEntry.PGTT.width());
    boolean leftOut =
        type == PasidTableEntry.PGTT_FIRST_LEVEL || type == PasidTableEntry.PGTT_NESTED;
    return leftOut ? PasidTableEntry.PGTT_SECOND_LEVEL : type;
  }

  private long present(BitField field) {
    return field.of(dice.chance(OFTEN) ? 1 : 0);
  }

  private long suppressed(BitField field) {
    return field.of(dice.chance(SUPPRESSED_CHANCE) ? 1 : 0);
  }
}
