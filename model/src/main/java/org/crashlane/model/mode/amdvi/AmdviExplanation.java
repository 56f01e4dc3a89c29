// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import org.crashlane.bits.Hex;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.amdvi.Caches;
import org.crashlane.iommu.amdvi.CachingUnit;
import org.crashlane.iommu.amdvi.DeviceTableBase;
import org.crashlane.iommu.amdvi.DeviceTableEntry;
import org.crashlane.iommu.amdvi.PageTableEntry;
import org.crashlane.iommu.amdvi.Registers.DevTabBase;
import org.crashlane.iommu.amdvi.Unit;
import org.crashlane.iommu.amdvi.UnitConfig;
import org.crashlane.iommu.paging.PageTable;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.model.mode.paging.Explanation;

/** A request's way through the device table and page tables in words. */
final class AmdviExplanation extends Explanation {
  private final DeviceTableBase deviceTable;
  private final long encryptionMask;

  private AmdviExplanation(PhysicalMemory memory, UnitConfig config, Request request) {
    super(memory, request);
    this.deviceTable = config.deviceTable();
    this.encryptionMask = config.encryptionMask();
  }

  /** {@return what {@code config} and {@code caches}, which are a copy, make of the request} */
  static String of(PhysicalMemory memory, UnitConfig config, Caches caches, Request request) {
    Outcome byTables = new Unit(memory, config).translate(request);
    Outcome byCaches = new CachingUnit(config).translate(memory, caches, request);
    return new AmdviExplanation(memory, config, request)
        .text(config.translationEnabled(), byTables, byCaches);
  }

  @Override
  protected void throughTables() {
    say(DevTabBase.LAYOUT.name() + " " + Hex.of(deviceTable.registers().getFirst()));
    deviceTable.entryAddress(request().requester(), encryptionMask).ifPresent(this::throughEntry);
  }

  private void throughEntry(long at) {
    long word0 = entry("device table entry", at);
    long word1 = word(at + Long.BYTES);
    say("its second word " + Hex.of(word1) + ", domain " + DeviceTableEntry.domainId(word1));
    int levels = DeviceTableEntry.levels(word0);
    if (DeviceTableEntry.isValid(word0)
        && DeviceTableEntry.TV.isSet(word0)
        && levels <= PageTable.LEVELS_MAX) {
      throughLevels(DeviceTableEntry.ROOT.inPlace(word0) & ~encryptionMask, levels);
    }
  }

  /** Each entry says of which level the next table is, so that levels may be left out. */
  private void throughLevels(long top, int levels) {
    long table = top;
    int level = levels;
    while (level > 0) {
      long at = PageTable.entryAddress(table, PageTable.index(request().iova(), level));
      long entry = entry("level " + level + " entry", at);
      int next = (int) PageTableEntry.NEXT_LEVEL.get(entry);
      if (!PageTableEntry.PR.isSet(entry) || next >= level) {
        return;
      }
      table = PageTableEntry.ADDR.inPlace(entry) & ~encryptionMask;
      level = next;
    }
  }
}
