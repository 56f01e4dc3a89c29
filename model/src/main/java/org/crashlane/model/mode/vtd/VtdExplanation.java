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
final class VtdExplanation extends Explanation {
  private final long rootAddress;

  private VtdExplanation(PhysicalMemory memory, Request request, long rootAddress) {
    super(memory, request);
    this.rootAddress = rootAddress;
  }

  /** {@return {@code request}'s way, by tables and by {@code caches}, which are a copy} */
  static String of(PhysicalMemory memory, UnitConfig config, Caches caches, Request request) {
    return new VtdExplanation(memory, request, config.rootTableAddress())
        .text(
            config.translationEnabled(),
            new Unit(memory, config).translate(request),
            new CachingUnit(config).translate(memory, caches, request));
  }

  @Override
  protected void throughTables() {
    say(Rtaddr.LAYOUT.name() + " " + Hex.of(rootAddress));
    if (Rtaddr.TTM.get(rootAddress) == Rtaddr.TTM_LEGACY) {
      throughRoot(Rtaddr.RTA.inPlace(rootAddress));
    }
  }

  private void throughRoot(long root) {
    long entry = entry("root entry", RootEntry.address(root, request().requester().bus()));
    if (RootEntry.isPresent(entry)) {
      throughContext(RootEntry.contextTable(entry));
    }
  }

  private void throughContext(long contextTable) {
    long at = ContextEntry.address(contextTable, request().requester().devfn());
    long low = entry("context entry", at);
    long high = word(at + Long.BYTES);
    say("its high word " + Hex.of(high) + ", domain " + ContextEntry.domainId(high));
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
      long at = PageTable.entryAddress(table, PageTable.index(request().iova(), level));
      long entry = entry("level " + level + " entry", at);
      boolean present = SecondLevelEntry.R.isSet(entry) || SecondLevelEntry.W.isSet(entry);
      if (!present || SecondLevelEntry.PS.isSet(entry)) {
        return;
      }
      table = SecondLevelEntry.ADDR.inPlace(entry);
    }
  }
}
