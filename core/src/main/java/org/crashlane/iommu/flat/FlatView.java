// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.flat;

import java.util.List;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.pci.RequesterId;

/**
 * The flat table of one unit, for all the devices behind it. Registers are read once, when it is
 * opened; memory on every call. The table names no requesters: they are given when it is opened.
 */
public abstract class FlatView implements TranslationTables {
  private final PhysicalMemory memory;
  private final FlatTable table;
  private final TableId id;
  private final List<RequesterId> requesters;

  /**
   * @param memory where the table is
   * @param requesters the devices behind the unit
   */
  protected FlatView(PhysicalMemory memory, FlatTable table, List<RequesterId> requesters) {
    this.memory = memory;
    this.table = table;
    this.id = TableId.flat(table.address(), table.format().pageBytes());
    this.requesters = requesters.stream().sorted().distinct().toList();
  }

  /** {@return the memory that the table is in} */
  protected final PhysicalMemory memory() {
    return memory;
  }

  /** {@return the table} */
  protected final FlatTable table() {
    return table;
  }

  /** {@return the table's identity} */
  protected final TableId id() {
    return id;
  }

  /** {@return what the unit does with the requests of {@code requester}} */
  protected abstract Attachment attachment(RequesterId requester);

  /**
   * Checks that {@code of} is the unit's table.
   *
   * @throws IllegalArgumentException if it is another
   */
  protected final void requireOwn(TableId of) {
    if (!of.equals(id)) {
      throw new IllegalArgumentException("the unit has table " + id + ", not " + of);
    }
  }

  /** {@return no tables: registers tell which device goes where} */
  @Override
  public final DeviceTables devices() {
    return new DeviceTables(requesters.stream().map(this::attachment).toList());
  }

  @Override
  public void walk(TableId of, WalkVisitor visitor) {
    requireOwn(of);
    table.walk(memory, WalkLimits.DEFAULT, visitor);
  }

  @Override
  public AddressRange reach(TableId of) {
    requireOwn(of);
    return table.reach();
  }

  /** {@return the page that an entry leads to: entries of a flat table lead to no tables} */
  @Override
  public final long nextTable(long entry) {
    return table.format().target(table.format().fromMemory(entry));
  }
}
