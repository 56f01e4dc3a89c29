// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.List;
import java.util.function.Function;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.RecordedWalk;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.Unmappable;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;

/** A machine of 16 GiB with one device behind a unit, whose requests go through one table. */
public abstract class PagedMachine {
  /** How much memory there is. */
  public static final long MEMORY_BYTES = 1L << 34;

  /** All of it. */
  public final SparseMemory memory = SparseMemory.ofSize(MEMORY_BYTES);

  private final RequesterId device;
  private final TableId table;

  /** For the tests of one vendor. */
  protected PagedMachine(RequesterId device, TableId table) {
    this.device = device;
    this.table = table;
  }

  /** {@return the table that the device goes through} */
  public final TableId table() {
    return table;
  }

  /**
   * What a vendor has for the machine as it is set up now.
   *
   * @param unmappable what is never mapped
   * @param unit goes by the tables as they are
   * @param editor writes them
   * @param walker reads them
   */
  public record Parts(
      List<Unmappable> unmappable,
      Iommu unit,
      TableEditor editor,
      Function<WalkLimits, TableWalker> walker) {}

  /** {@return what the vendor has} */
  protected abstract Parts parts();

  /** {@return the unit, by the tables as they are} */
  public final Iommu unit() {
    return parts().unit();
  }

  /** {@return what writes the unit's tables} */
  public final TableEditor editor() {
    return parts().editor();
  }

  /** {@return what is never mapped} */
  public final List<Unmappable> unmappable() {
    return parts().unmappable();
  }

  /** {@return true if the unit lets requests through to {@code physical}} */
  public boolean letsThroughTo(long physical) {
    return true;
  }

  /** Writes entry {@code index} of the table at {@code table}. */
  public final void entry(long table, int index, long value) {
    memory.writeLong(Geometry.entryAddress(table, index), value);
  }

  /** {@return what becomes of a request of the device} */
  public final Outcome translate(long iova, Access access) {
    return unit().translate(new Request(device, iova, access));
  }

  /** {@return what the device's table maps} */
  public final RecordedWalk walk() {
    return walk(WalkLimits.DEFAULT);
  }

  /** {@return what it maps, as far as the limits go} */
  public final RecordedWalk walk(WalkLimits limits) {
    RecordedWalk walk = new RecordedWalk();
    walk(limits, walk);
    return walk;
  }

  /** Tells {@code visitor} what it maps. */
  public final void walk(WalkLimits limits, WalkVisitor visitor) {
    parts().walker().apply(limits).walk(table, visitor);
  }
}
