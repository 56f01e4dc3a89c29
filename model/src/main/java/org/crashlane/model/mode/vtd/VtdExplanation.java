// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import org.crashlane.bits.Hex;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.PageTable;
import org.crashlane.iommu.vtd.Caches;
import org.crashlane.iommu.vtd.CachingUnit;
import org.crashlane.iommu.vtd.ContextEntry;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.iommu.vtd.RootEntry;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.iommu.vtd.Unit;
import org.crashlane.iommu.vtd.UnitConfig;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.model.mode.paging.Explanation;

/** A request's way through root, context and second-level tables in words. */
final class VtdExplanation {
  private final Explanation words;
  private final Request request;

  private VtdExplanation(Explanation words, Request request) {
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
    VtdExplanation explanation = new VtdExplanation(words, request);
    if (config.translationEnabled()) {
      words.say(Rtaddr.LAYOUT.name() + " " + Hex.of(config.rootTableAddress()));
      if (Rtaddr.TTM.get(config.rootTableAddress()) == Rtaddr.TTM_LEGACY) {
        long root = Rtaddr.RTA.inPlace(config.rootTableAddress());
        words.follow(() -> explanation.throughRoot(root));
      }
    } else {
      words.say("translation is off");
    }
    return words.endingIn(
        new Unit(memory, config).translate(request),
        new CachingUnit(config).translate(memory, caches, request));
  }

  private void throughRoot(long root) {
    long entry = words.entry("root entry", RootEntry.address(root, request.requester().bus()));
    if (RootEntry.isPresent(entry)) {
      throughContext(RootEntry.contextTable(entry));
    }
  }

  private void throughContext(long contextTable) {
    long at = ContextEntry.address(contextTable, request.requester().devfn());
    long low = words.entry("context entry", at);
    long high = words.word(at + Long.BYTES);
    words.say("its high word " + Hex.of(high) + ", domain " + ContextEntry.domainId(high));
    int levels = ContextEntry.levels(high);
    if (ContextEntry.isPresent(low)
        && ContextEntry.translationType(low) != ContextEntry.TT_PASS_THROUGH
        && levels <= PageTable.LEVELS_MAX) {
      throughLevels(ContextEntry.table(low), levels);
    }
  }

  private void throughLevels(long top, int levels) {
    long table = top;
    for (int level = levels; level >= 1; level--) {
      long at = PageTable.entryAddress(table, PageTable.index(request.iova(), level));
      long entry = words.entry("level " + level + " entry", at);
      boolean present = SecondLevelEntry.R.isSet(entry) || SecondLevelEntry.W.isSet(entry);
      if (!present || SecondLevelEntry.PS.isSet(entry)) {
        return;
      }
      table = SecondLevelEntry.ADDR.inPlace(entry);
    }
  }
}
