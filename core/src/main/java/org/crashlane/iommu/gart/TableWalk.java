// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import org.crashlane.bits.Hex;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Malformation.Kind;
import org.crashlane.iommu.MappingRun;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/** One walk: the table is read a page at a time; nothing is allocated for entries. */
final class TableWalk {
  private final PhysicalMemory memory;
  private final Aperture aperture;
  private final long table;
  private final WalkLimits limits;
  private final WalkVisitor visitor;
  private final MappingRun run;
  private final long[] page = new long[PteTable.WORDS_PER_PAGE];

  private long malformationCount;

  TableWalk(PhysicalMemory memory, UnitConfig config, WalkLimits limits, WalkVisitor visitor) {
    this.memory = memory;
    this.aperture = config.requireAperture();
    this.table = config.table();
    this.limits = limits;
    this.visitor = visitor;
    this.run = new MappingRun(visitor);
  }

  /** Walks; to be called once. */
  void walk() {
    int pageCount = aperture.entryCount() / PteTable.ENTRIES_PER_PAGE;
    for (int i = 0; i < pageCount; i++) {
      int first = i * PteTable.ENTRIES_PER_PAGE;
      if (i == limits.tablePageCount()) {
        malformed(first, 0, Kind.BOUND, "walk ended at its limit of table pages");
        break;
      }
      tablePage(first);
    }
    run.end();
  }

  /** Reads the page of the table that begins with entry {@code first}. */
  private void tablePage(int first) {
    long address = PteTable.entryAddress(table, first);
    try {
      memory.readLongs(address, page, page.length);
    } catch (UnreadableMemoryException e) {
      malformed(first, 0, Kind.UNREADABLE, e.reason() + ": the table's page at " + Hex.of(address));
      return;
    }
    visitor.tablePage(address, 1);
    for (int i = 0; i < PteTable.ENTRIES_PER_PAGE; i++) {
      long entry = PteTable.entry(page[i / PteTable.ENTRIES_PER_WORD], i);
      if (Gpte.isValid(entry)) {
        valid(first + i, entry);
      }
    }
  }

  private void valid(int index, long entry) {
    if (Gpte.RSVD_3_2.isSet(entry)) {
      malformed(
          index,
          entry,
          Kind.RESERVED,
          "reserved bits set: " + Hex.of(Gpte.RSVD_3_2.inPlace(entry)));
    }
    run.add(
        aperture.addressOf(index),
        PteTable.PAGE_BYTES,
        Gpte.physicalAddress(entry),
        Permissions.READ_WRITE);
  }

  private void malformed(int index, long raw, Kind kind, String reason) {
    malformationCount++;
    long at = PteTable.entryAddress(table, index);
    long iova = aperture.addressOf(index);
    if (malformationCount < limits.malformationCount()) {
      visitor.malformed(new Malformation(at, raw, iova, kind, reason));
    } else if (malformationCount == limits.malformationCount()) {
      visitor.malformed(
          new Malformation(at, raw, iova, Kind.BOUND, "more malformations than are listed"));
    }
  }
}
