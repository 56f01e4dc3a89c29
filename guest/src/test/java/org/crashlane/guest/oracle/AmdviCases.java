// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.crashlane.guest.oracle.CaseDraft.ABOVE_MEMORY;
import static org.crashlane.guest.oracle.CaseDraft.OFTEN;
import static org.crashlane.guest.oracle.CaseDraft.OUTSIDE_RAM;
import static org.crashlane.guest.oracle.CaseDraft.RARELY;
import static org.crashlane.guest.oracle.CaseDraft.SOMETIMES;

import org.crashlane.bits.BitField;
import org.crashlane.iommu.amdvi.DeviceTableEntry;
import org.crashlane.iommu.amdvi.Registers.DevTabBase;
import org.crashlane.iommu.amdvi.UnitConfig;

/** Random AMD-Vi tables of 1 to 6 levels, with flaws in device table entries too. */
public final class AmdviCases implements CaseSource {
  /** Bits of word 0 that have no say in where requests go, unless they are reserved. */
  private static final long OTHER_BITS =
      ~(DeviceTableEntry.V.mask()
          | DeviceTableEntry.TV.mask()
          | DeviceTableEntry.MODE.mask()
          | DeviceTableEntry.ROOT.mask()
          | DeviceTableEntry.IR.mask()
          | DeviceTableEntry.IW.mask());

  private static final BitField WITHIN_HYPER_TRANSPORT =
      BitField.bits("page within the range", 32, 12);

  private final Dice dice;
  private final ProbeMachine machine;

  /** Cases for {@code machine}, from its seed. */
  public AmdviCases(ProbeMachine machine) {
    this.dice = new Dice(machine.seed());
    this.machine = machine;
  }

  @Override
  public ProbeCase next(int id) {
    int levels = 1 + dice.below(DeviceTableEntry.MODE_LEVELS_MAX);
    CaseDraft draft = new CaseDraft(dice, machine.ramBytes(), id, levels);
    if (dice.chance(RARELY)) {
      long first = UnitConfig.HYPER_TRANSPORT.range().first();
      draft.moveTo(first + dice.any(WITHIN_HYPER_TRANSPORT));
    }
    long word0 = word0(draft, levels);
    putEntry(draft, word0);
    new HostTableDraft(dice, draft).put(levels);
    if (!isTranslated(word0)) {
      draft.passUntranslated();
    }
    return draft.finish(id, root());
  }

  private static boolean isTranslated(long word0) {
    return DeviceTableEntry.V.isSet(word0)
        && DeviceTableEntry.TV.isSet(word0)
        && DeviceTableEntry.levels(word0) != DeviceTableEntry.MODE_UNTRANSLATED;
  }

  private long root() {
    if (dice.chance(1)) {
      return DevTabBase.BASE.with(machine.root(), DevTabBase.BASE.get(OUTSIDE_RAM));
    }
    return dice.chance(RARELY) ? DevTabBase.SIZE.with(machine.root(), 0) : machine.root();
  }

  private long word0(CaseDraft draft, int levels) {
    long table = dice.chance(RARELY) ? OUTSIDE_RAM : HostTableDraft.tablePage(levels);
    long word = DeviceTableEntry.translated(table, levels);
    word = draft.withRights(word, DeviceTableEntry.IR, DeviceTableEntry.IW);
    word = dice.chance(OFTEN) ? word : DeviceTableEntry.V.with(word, 0);
    word = dice.chance(OFTEN) ? word : DeviceTableEntry.TV.with(word, 0);
    if (dice.chance(SOMETIMES)) {
      word = DeviceTableEntry.MODE.with(word, dice.below(1 << DeviceTableEntry.MODE.width()));
    }
    word |= dice.noise(RARELY, ABOVE_MEMORY & DeviceTableEntry.ROOT.mask());
    return word | dice.noise(SOMETIMES, OTHER_BITS);
  }

  private void putEntry(CaseDraft draft, long word0) {
    long address =
        CaseDraft.page(AmdviMachine.DEVICE_TABLE_PAGE)
            + (long) machine.requester().value() * DeviceTableEntry.BYTES;
    long domain = dice.any(DeviceTableEntry.DOMAIN_ID);
    draft.put(address, word0);
    draft.put(address + Long.BYTES, domain | dice.noise(RARELY, -1L));
    draft.put(address + 2L * Long.BYTES, dice.noise(RARELY, -1L));
    draft.put(address + DeviceTableEntry.BYTES - Long.BYTES, dice.noise(1, -1L));
  }
}
