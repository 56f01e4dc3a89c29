// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.calgary;

import java.util.List;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.calgary.ReservedRegion;
import org.crashlane.iommu.calgary.Tce;
import org.crashlane.iommu.calgary.TceTable;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.NextFitBitmap;

/**
 * The table of one PHB as a kernel keeps it (Linux 2.6.27 {@code struct iommu_table}): where it is,
 * which of its pages are taken, and what is never handed out.
 */
final class BridgeTable {
  private static final int PAGE_ENTRY_COUNT = Tce.PAGE_BYTES / Tce.BYTES;

  private final TceTable table;
  private final List<ReservedRegion> reserved;
  private final NextFitBitmap pages;

  private BridgeTable(TceTable table, List<ReservedRegion> reserved, NextFitBitmap pages) {
    this.table = table;
    this.reserved = reserved;
    this.pages = pages;
  }

  /** Clears {@code table} in memory. */
  static BridgeTable fresh(WritableMemory memory, TceTable table, List<ReservedRegion> reserved) {
    long[] free = new long[PAGE_ENTRY_COUNT];
    for (long at = 0; at < table.size().bytes(); at += Tce.PAGE_BYTES) {
      memory.writeLongs(table.address() + at, free, free.length);
    }
    return of(table, reserved);
  }

  /**
   * Takes every page that {@code table} has an entry for ({@code
   * calgary_init_bitmap_from_tce_table}): who used it is not known, nor when it will be done.
   */
  static BridgeTable inUse(PhysicalMemory memory, TceTable table, List<ReservedRegion> reserved) {
    BridgeTable kept = of(table, reserved);
    long[] entries = new long[PAGE_ENTRY_COUNT];
    for (int first = 0; first < table.size().entryCount(); first += PAGE_ENTRY_COUNT) {
      memory.readLongs(table.address() + (long) first * Tce.BYTES, entries, entries.length);
      for (int i = 0; i < PAGE_ENTRY_COUNT; i++) {
        if (entries[i] != Tce.FREE) {
          kept.pages.reserve(first + i, 1);
        }
      }
    }
    return kept;
  }

  private static BridgeTable of(TceTable table, List<ReservedRegion> reserved) {
    NextFitBitmap pages = new NextFitBitmap(table.size().entryCount());
    BridgeTable made = new BridgeTable(table, reserved, pages);
    reserved.forEach(region -> made.reserve(region.range()));
    return made;
  }

  TceTable table() {
    return table;
  }

  List<ReservedRegion> reserved() {
    return reserved;
  }

  NextFitBitmap pages() {
    return pages;
  }

  /** Keeps {@code range}, as far as the table has it, from being handed out. */
  void reserve(AddressRange range) {
    long first = Tce.index(range.first());
    pages.reserve(first, Tce.index(range.last()) - first + 1);
  }

  /** Has the pages from {@code page} on lead to the buffer ({@code tce_build}). */
  void build(WritableMemory memory, AddressRange iovas, long physical, Permissions permissions) {
    for (long at = 0; at < iovas.sizeBytes(); at += Tce.PAGE_BYTES) {
      long tce = Tce.of(physical + at, permissions);
      memory.writeLong(table.entryAddress(iovas.first() + at), Tce.toMemory(tce));
    }
  }

  /** Frees the entries, then the pages ({@code iommu_free}). */
  void free(WritableMemory memory, AddressRange iovas) {
    table.unmap(memory, iovas);
    pages.giveBack((int) Tce.index(iovas.first()), (int) (iovas.sizeBytes() / Tce.PAGE_BYTES));
  }

  BridgeTable fork() {
    return new BridgeTable(table, reserved, pages.fork());
  }

  void addTo(Fingerprint into) {
    into.add(table.address());
    into.add(table.size().spec());
    pages.addTo(into);
  }
}
