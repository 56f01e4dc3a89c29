// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.crashlane.interrupt.InterruptRemapping;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.UnitBuffer;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.Unmappable;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.pci.RequesterId;

/**
 * The tables of one unit whose page tables are trees. Registers are read once, when opened; memory
 * whenever asked.
 *
 * <p>What cannot be read is reported as unreadable, whether or not the hardware could read it.
 */
public abstract class PagedTables implements TranslationTables {
  private static final int NO_DOMAIN = 0;

  private final UnitState state;
  private final Paging paging;
  private final TableWalker walker;
  private final TableEditor editor;
  private final InterruptRemapping interrupts;
  private final List<UnitBuffer> buffers;
  private final Set<RequesterId> passing;

  /**
   * @param state what the registers say
   * @param memory where the tables are
   * @param paging how the unit's own page tables are made
   * @param interrupts what the unit does with interrupts
   * @param buffers what it reads and writes besides tables
   * @param passing whose requests pass by the unit, whatever entries there are for them
   */
  protected PagedTables(
      UnitState state,
      PhysicalMemory memory,
      Paging paging,
      InterruptRemapping interrupts,
      List<UnitBuffer> buffers,
      Set<RequesterId> passing) {
    this.state = state;
    this.paging = paging;
    this.walker = new TableWalker(memory, paging, WalkLimits.DEFAULT);
    this.editor = new TableEditor(paging);
    this.interrupts = interrupts;
    this.buffers = List.copyOf(buffers);
    this.passing = Set.copyOf(passing);
  }

  /** {@return what the tables say now that tell where a device goes} */
  protected abstract DeviceTables deviceTables();

  @Override
  public final UnitState state() {
    return state;
  }

  @Override
  public final InterruptRemapping interrupts() {
    return interrupts;
  }

  @Override
  public final DeviceTables devices() {
    DeviceTables found = deviceTables();
    return passing.isEmpty()
        ? found
        : new DeviceTables(
            Stream.concat(
                    found.attachments().stream().filter(a -> !passing.contains(a.requester())),
                    passing.stream().map(this::defaultAttachment))
                .sorted(Comparator.comparing(Attachment::requester))
                .toList(),
            found.malformations(),
            found.pages(),
            found.unreadBesides());
  }

  @Override
  public final Attachment defaultAttachment(RequesterId requester) {
    return passing.contains(requester)
        ? new Attachment.PassThrough(requester, NO_DOMAIN)
        : withoutEntry(requester);
  }

  /** {@return what becomes of a requester that is not listed and does not pass by the unit} */
  protected Attachment withoutEntry(RequesterId requester) {
    return TranslationTables.super.defaultAttachment(requester);
  }

  @Override
  public final List<UnitBuffer> buffers() {
    return buffers;
  }

  @Override
  public final List<Unmappable> unmappable() {
    return paging.unmappable();
  }

  @Override
  public void walk(TableId table, WalkVisitor visitor) {
    walker.walk(table, visitor);
  }

  @Override
  public AddressRange reach(TableId table) {
    return paging.reach(table.geometry());
  }

  @Override
  public final long nextTable(long entry) {
    return paging.format().target(entry);
  }

  @Override
  public MapResult mapIdentity(
      WritableMemory target, TableId table, Window window, PageArena arena) {
    return editor.map(target, table, window.identity(), arena);
  }
}
