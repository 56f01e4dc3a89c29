// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import java.util.OptionalLong;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.amdvi.Caches;
import org.crashlane.iommu.amdvi.CachingUnit;
import org.crashlane.iommu.amdvi.DeviceTableEntry;
import org.crashlane.iommu.amdvi.PageTableEntry;
import org.crashlane.iommu.amdvi.Registers.DevTabBase;
import org.crashlane.iommu.amdvi.Unit;
import org.crashlane.iommu.amdvi.UnitConfig;
import org.crashlane.iommu.paging.PageTable;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.model.mode.paging.Explanation;

/** A request's way through the device table and page tables in words. */
final class AmdviExplanation {
  private final Explanation words;
  private final Request request;

  private AmdviExplanation(Explanation words, Request request) {
    this.words = words;
    this.request = request;
  }

  /**
   * {@return what the tables have for {@code request}, and what the caches have if they differ}
   *
   * @param caches a copy of the unit's
   */
  static String of(PhysicalMemory memory, UnitConfig config, Caches caches, Request request) {
    Explanation words = new Explanation(memory);
    if (config.translationEnabled()) {
      long base = config.deviceTable().registers().getFirst();
      words.say(DevTabBase.LAYOUT.name() + " " + Hex.of(base));
      OptionalLong at = config.deviceTable().entryAddress(request.requester(), 0);
      AmdviExplanation explanation = new AmdviExplanation(words, request);
      at.ifPresent(entry -> words.follow(() -> explanation.throughEntry(entry)));
    } else {
      words.say("translation is off");
    }
    return words.endingIn(
        new Unit(memory, config).translate(request),
        new CachingUnit(config).translate(memory, caches, request));
  }

  private void throughEntry(long at) {
    long word0 = words.entry("device table entry", at);
    long word1 = words.word(at + Long.BYTES);
    words.say("its second word " + Hex.of(word1) + ", domain " + DeviceTableEntry.domainId(word1));
    int levels = DeviceTableEntry.levels(word0);
    if (DeviceTableEntry.isValid(word0)
        && DeviceTableEntry.TV.isSet(word0)
        && levels <= PageTable.LEVELS_MAX) {
      throughLevels(DeviceTableEntry.ROOT.inPlace(word0), levels);
    }
  }

  /** Each entry says of which level the next table is, so that levels may be left out. */
  private void throughLevels(long top, int levels) {
    long table = top;
    int level = levels;
    while (level > 0) {
      long at = PageTable.entryAddress(table, PageTable.index(request.iova(), level));
      long entry = words.entry("level " + level + " entry", at);
      int next = (int) PageTableEntry.NEXT_LEVEL.get(entry);
      if (!PageTableEntry.PR.isSet(entry) || next >= level) {
        return;
      }
      table = PageTableEntry.ADDR.inPlace(entry);
      level = next;
    }
  }
}
