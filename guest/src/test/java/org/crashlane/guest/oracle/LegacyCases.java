// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.crashlane.guest.oracle.CaseDraft.ABOVE_MEMORY;
import static org.crashlane.guest.oracle.CaseDraft.OFTEN;
import static org.crashlane.guest.oracle.CaseDraft.RARELY;
import static org.crashlane.guest.oracle.CaseDraft.SOMETIMES;
import static org.crashlane.guest.oracle.SecondLevelDraft.FOUR_LEVELS;
import static org.crashlane.guest.oracle.SecondLevelDraft.THREE_LEVELS;

import org.crashlane.bits.BitField;
import org.crashlane.iommu.vtd.ContextEntry;
import org.crashlane.iommu.vtd.RootEntry;

/** Random VT-d tables in legacy mode, with flaws in root and context entries too. */
public final class LegacyCases implements CaseSource {
  private static final int HALF = 50;
  private static final int TRANSLATED_CHANCE = 90;

  /** So many that FPD meets every flaw of its own entry, and each of those behind it. */
  private static final int SUPPRESSED_CHANCE = 15;

  private static final long BELOW_PAGE_IN_ROOT = BitField.bits("reserved", 11, 1).mask();
  private static final long BELOW_PAGE_IN_CONTEXT = BitField.bits("reserved", 11, 4).mask();

  private final Dice dice;
  private final ProbeMachine machine;
  private final boolean fourLevels;

  /** Cases for {@code machine}, from its seed. */
  public LegacyCases(ProbeMachine machine) {
    this.dice = new Dice(machine.seed());
    this.machine = machine;
    this.fourLevels = VtdUnits.capabilities(machine).supportsLevels(FOUR_LEVELS);
  }

  @Override
  public ProbeCase next(int id) {
    int levels = fourLevels && dice.chance(HALF) ? FOUR_LEVELS : THREE_LEVELS;
    CaseDraft draft = new CaseDraft(dice, machine.ramBytes(), id, levels);
    putRoot(draft, draft.mostly(CaseDraft.page(1)));
    putContext(draft, draft.mostly(SecondLevelDraft.tablePage(levels)), levels);
    new SecondLevelDraft(dice, draft).put(levels);
    return draft.finish(id, dice.chance(1) ? CaseDraft.OUTSIDE_RAM : machine.root());
  }

  private void putRoot(CaseDraft draft, long context) {
    long address = CaseDraft.page(0) + (long) machine.requester().bus() * RootEntry.BYTES;
    long low = RootEntry.low(context) | dice.noise(RARELY, BELOW_PAGE_IN_ROOT | ABOVE_MEMORY);
    draft.put(address, dice.chance(OFTEN) ? low : RootEntry.P.with(low, 0));
    draft.put(address + Long.BYTES, dice.noise(RARELY, -1L));
  }

  private void putContext(CaseDraft draft, long top, int levels) {
    long address = CaseDraft.page(1) + (long) machine.requester().devfn() * ContextEntry.BYTES;
    long low = ContextEntry.low(translationType(), top);
    low = dice.chance(OFTEN) ? low : ContextEntry.P.with(low, 0);
    low = dice.chance(SUPPRESSED_CHANCE) ? ContextEntry.FPD.with(low, 1) : low;
    low |= dice.noise(RARELY, BELOW_PAGE_IN_CONTEXT) | dice.noise(1, ABOVE_MEMORY);
    if (ContextEntry.translationType(low) == ContextEntry.TT_PASS_THROUGH) {
      draft.passUntranslated();
    }
    draft.put(address, low);
    draft.put(address + Long.BYTES, contextHigh(levels));
  }

  private long contextHigh(int levels) {
    long high = ContextEntry.high(levels, dice.below(1 << ContextEntry.DID.width()));
    if (dice.chance(SOMETIMES)) {
      high = ContextEntry.AW.with(high, dice.below(1 << ContextEntry.AW.width()));
    }
    return high | dice.noise(RARELY, ~ContextEntry.AW.mask() & ~ContextEntry.DID.mask());
  }

  private int translationType() {
    return dice.chance(TRANSLATED_CHANCE)
        ? ContextEntry.TT_UNTRANSLATED_ONLY
        : dice.below(1 << ContextEntry.TT.width());
  }
}
