// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.Optional;
import org.crashlane.bits.Alignment;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;

/**
 * Writes mappings into page tables, in two passes: the first reads all there is in the way and
 * counts the table pages needed, and only when nothing speaks against it does the second write.
 *
 * <p>Leaves are as large as the unit, alignment and the tables that exist allow. Nothing that
 * exists is split or replaced. A new table page is whole before an entry points to it, and every
 * entry of a table in use is written by one aligned store of 8 bytes, so that the unit sees the old
 * translation or the new one. Caches are the caller's: where the unit does not snoop the
 * processor's, or keeps entries that are not present, writing is not enough. A table that serves
 * IOVAs outside the range too, or another device's, maps there what is written; only a walk of all
 * tables shows that.
 */
public class TableEditor {
  private final Paging paging;

  /**
   * @param paging how the tables are made
   */
  protected TableEditor(Paging paging) {
    this.paging = paging;
  }

  /** Maps {@code range} to itself, readable and writable; see {@link #map}. */
  public final MapResult mapIdentity(
      WritableMemory memory, TableId table, AddressRange range, PageArena arena) {
    Mapping identity = new Mapping(range, range.first(), Permissions.READ_WRITE);
    return map(memory, table, identity, arena);
  }

  /**
   * Maps as {@code wanted} says. Pages already mapped so are left alone.
   *
   * @param memory where the tables are, and where new ones go
   * @param table which tables
   * @param wanted whole 4 KiB pages, to whole 4 KiB pages
   * @param arena where new table pages come from
   * @return what was done, or why nothing was
   */
  public final MapResult map(
      WritableMemory memory, TableId table, Mapping wanted, PageArena arena) {
    MapResult found = survey(memory, table, wanted);
    if (!(found instanceof MapResult.Mapped possible)) {
      return found;
    }
    if (possible.tablePageCount() > arena.leftCount()) {
      return new MapResult.Refused(
          "needs %d new table pages, the arena has %d left"
              .formatted(possible.tablePageCount(), arena.leftCount()));
    }
    long[] newPages = take(arena, possible.tablePageCount());
    Optional<String> unusable = unusable(memory, newPages);
    if (unusable.isPresent()) {
      return new MapResult.Refused(unusable.get());
    }
    MappingWriter writer = new MappingWriter(memory, paging.format(), wanted, newPages);
    new RangeDescent(memory, paging.format(), wanted, writer).descend(table);
    return possible;
  }

  /**
   * {@return what {@link #map} would do with as many table pages as it takes} Writes nothing.
   *
   * @param wanted whole 4 KiB pages, to whole 4 KiB pages
   */
  public final MapResult survey(PhysicalMemory memory, TableId table, Mapping wanted) {
    requireWholePages(wanted.iova());
    requireWholePages(wanted.physical());
    Optional<String> unmappable = unmappable(table, wanted);
    if (unmappable.isPresent()) {
      return new MapResult.Refused(unmappable.get());
    }
    MappingSurvey survey = new MappingSurvey(paging.format(), wanted);
    new RangeDescent(memory, paging.format(), wanted, survey).descend(table);
    return survey.result();
  }

  /**
   * Takes out all that is mapped in {@code iovas}: leaves become 0, table pages stay where they
   * are. A leaf of more than 4 KiB is taken out whole or not at all. What is not mapped is passed
   * by. Invalidating caches is the caller's.
   *
   * @param iovas whole 4 KiB pages
   * @return what was done, or why nothing was
   */
  public final UnmapResult unmap(WritableMemory memory, TableId table, AddressRange iovas) {
    requireWholePages(iovas);
    if (!paging.reach(table).contains(iovas)) {
      return new UnmapResult.Refused(iovas + " lies beyond what the tables translate");
    }
    return new Unmapping(memory, paging.format(), iovas).run(table);
  }

  private static void requireWholePages(AddressRange range) {
    if (!Alignment.isAligned(range.first(), PageTable.PAGE_BYTES)
        || !Alignment.isAligned(range.last() + 1, PageTable.PAGE_BYTES)) {
      throw new IllegalArgumentException("not whole 4 KiB pages: " + range);
    }
  }

  private Optional<String> unmappable(TableId table, Mapping wanted) {
    if (table.kind() == TableId.Kind.FIRST_LEVEL) {
      return Optional.of("first-level tables are read, not written");
    }
    AddressRange reach = paging.reach(table);
    if (!reach.contains(wanted.iova())) {
      return Optional.of(wanted.iova() + " lies beyond what the tables translate, " + reach);
    }
    if (wanted.physicalFirst() + wanted.iova().sizeBytes() - 1 < wanted.physicalFirst()
        || !paging.targets().contains(wanted.physical())) {
      return Optional.of("target lies beyond the host address width: " + wanted);
    }
    return paging.unmappable().stream()
        .filter(withheld -> withheld.overlaps(wanted))
        .findFirst()
        .map(withheld -> wanted + " overlaps " + withheld);
  }

  private static long[] take(PageArena arena, long count) {
    long[] taken = new long[Math.toIntExact(count)];
    for (int i = 0; i < taken.length; i++) {
      taken[i] = arena.take().orElseThrow();
    }
    return taken;
  }

  private Optional<String> unusable(WritableMemory memory, long[] newPages) {
    for (int from = 0; from < newPages.length; ) {
      int end = from + 1;
      while (end < newPages.length && newPages[end] == newPages[end - 1] + PageTable.PAGE_BYTES) {
        end++;
      }
      AddressRange run =
          AddressRange.ofSize(newPages[from], (long) (end - from) * PageTable.PAGE_BYTES);
      if (!paging.targets().contains(run) || !memory.exists(run)) {
        return Optional.of("the arena's pages " + run + " are not all memory of the host");
      }
      from = end;
    }
    return Optional.empty();
  }
}
