// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;

/** A machine with 8 GiB and one PHB whose table maps nothing yet. */
final class CalgaryFixture {
  static final RequesterId DEVICE = RequesterId.parse("01:02.0");
  static final long TABLE_ADDRESS = 0x7f80_0000L;
  private static final long MEMORY_BYTES = 8L << 30;

  final SparseMemory memory = SparseMemory.ofSize(MEMORY_BYTES);
  final TceTable table;
  final UnitConfig config;
  final Unit unit;
  final Tables tables;

  CalgaryFixture(TableSize size) {
    table = new TceTable(TABLE_ADDRESS, size);
    config = UnitConfig.translating(Chip.CALGARY, table);
    unit = new Unit(memory, config);
    tables = new Tables(config);
  }

  /** The table that Linux gives a machine of 4 GiB. */
  CalgaryFixture() {
    this(TableSize.MIB_8);
  }

  /** Writes an entry behind the writer's back. */
  void entry(long iova, long tce) {
    memory.writeLong(table.entryAddress(iova), Long.reverseBytes(tce));
  }

  void map(long iova, long physical, Permissions permissions) {
    entry(iova, Tce.of(physical, permissions));
  }

  Outcome translate(long iova, Access access) {
    return unit.translate(new Request(DEVICE, iova, access));
  }

  RecordedWalk walk() {
    RecordedWalk walk = new RecordedWalk();
    new Walker(memory, WalkLimits.DEFAULT).walk(table, walk);
    return walk;
  }
}
