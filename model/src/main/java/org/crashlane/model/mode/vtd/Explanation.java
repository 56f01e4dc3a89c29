// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Outcome;
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
import org.crashlane.memory.UnreadableMemoryException;

/** A request's way through the tables in words, entry by entry. */
final class Explanation {
  private final PhysicalMemory memory;
  private final Request request;
  private final List<String> lines = new ArrayList<>();

  private Explanation(PhysicalMemory memory, Request request) {
    this.memory = memory;
    this.request = request;
  }

  /**
   * {@return what the tables have for {@code request}, and what the caches have if they differ}
   *
   * @param caches a copy of the unit's
   */
  static String of(PhysicalMemory memory, UnitConfig config, Caches caches, Request request) {
    Explanation explanation = new Explanation(memory, request);
    if (config.translationEnabled()) {
      explanation.lines.add(Rtaddr.LAYOUT.name() + " " + Hex.of(config.rootTableAddress()));
      if (Rtaddr.TTM.get(config.rootTableAddress()) == Rtaddr.TTM_LEGACY) {
        explanation.throughTables(Rtaddr.RTA.inPlace(config.rootTableAddress()));
      }
    } else {
      explanation.lines.add("translation is off");
    }
    Outcome byTables = new Unit(memory, config).translate(request);
    Outcome byCaches = new CachingUnit(config).translate(memory, caches, request);
    explanation.lines.add(text(byTables));
    if (!byTables.equals(byCaches)) {
      explanation.lines.add("but by what the unit has cached: " + text(byCaches));
    }
    return String.join("; ", explanation.lines);
  }

  private void throughTables(long root) {
    try {
      long rootEntry = entry("root entry", RootEntry.address(root, request.requester().bus()));
      if (RootEntry.isPresent(rootEntry)) {
        throughContext(RootEntry.contextTable(rootEntry));
      }
    } catch (UnreadableMemoryException e) {
      lines.add("no memory at " + Hex.of(e.address()));
    }
  }

  private void throughContext(long contextTable) {
    long at = ContextEntry.address(contextTable, request.requester().devfn());
    long low = entry("context entry", at);
    long high = memory.readLong(at + Long.BYTES);
    lines.add("its high word " + Hex.of(high) + ", domain " + ContextEntry.domainId(high));
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
      long entry = entry("level " + level + " entry", at);
      boolean present = SecondLevelEntry.R.isSet(entry) || SecondLevelEntry.W.isSet(entry);
      if (!present || SecondLevelEntry.PS.isSet(entry)) {
        return;
      }
      table = SecondLevelEntry.ADDR.inPlace(entry);
    }
  }

  private long entry(String what, long at) {
    long entry = memory.readLong(at);
    lines.add("%s %s at %s".formatted(what, Hex.of(entry), Hex.of(at)));
    return entry;
  }

  private static String text(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Reached reached -> "reaches " + Hex.of(reached.physicalAddress());
      case Outcome.Interrupt _ -> "is an interrupt";
      case Outcome.Blocked blocked -> "is blocked: " + blocked.fault().meaning();
      case Outcome.Unknown unknown ->
          "cannot be told: " + Hex.of(unknown.address()) + ": " + unknown.reason();
    };
  }
}
