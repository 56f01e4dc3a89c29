// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import org.crashlane.iommu.Access;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.memory.WritableMemory;
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

  CalgaryFixture(TableSize size) {
    table = new TceTable(TABLE_ADDRESS, size);
    config = UnitConfig.translating(Chip.CALGARY, table);
    unit = new Unit(memory, config);
  }

  /** The table that Linux gives a machine of 4 GiB. */
  CalgaryFixture() {
    this(TableSize.MIB_8);
  }

  /** Writes an entry behind the writer's back. */
  void entry(long iova, long tce) {
    memory.writeLong(table.entryAddress(iova), Long.reverseBytes(tce));
  }

  MapResult map(WritableMemory target, Mapping wanted) {
    return table.map(target, wanted, config.reserved());
  }

  MapResult mapIdentity(WritableMemory target, AddressRange range) {
    return map(target, Mapping.identity(range));
  }

  void map(long iova, long physical, Permissions permissions) {
    entry(iova, Tce.of(physical, permissions));
  }

  Outcome translate(long iova, Access access) {
    return unit.translate(new Request(DEVICE, iova, access));
  }

  RecordedWalk walk() {
    RecordedWalk walk = new RecordedWalk();
    table.flat().walk(memory, WalkLimits.DEFAULT, walk);
    return walk;
  }
}
