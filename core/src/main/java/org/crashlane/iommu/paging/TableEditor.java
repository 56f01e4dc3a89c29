// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.Optional;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.Unmappable;
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
public final class TableEditor {
  private final Paging paging;

  /**
   * @param paging how the tables are made
   */
  public TableEditor(Paging paging) {
    this.paging = paging;
  }

  /**
   * Maps as {@code wanted} says. Pages already mapped so are left alone.
   *
   * @param memory where the tables are, and where new ones go
   * @param table which tables
   * @param wanted whole pages of the smallest size, to whole pages
   * @param arena where new table pages come from, each of at least that size
   * @return what was done, or why nothing was
   */
  public MapResult map(WritableMemory memory, TableId table, Mapping wanted, PageArena arena) {
    MapResult found = survey(memory, table, wanted);
    if (!(found instanceof MapResult.Mapped possible)) {
      return found;
    }
    int pageBytes = table.geometry().pageBytes();
    if (arena.pageBytes() < pageBytes) {
      throw new IllegalArgumentException(
          "pages of %d bytes for tables of %d".formatted(arena.pageBytes(), pageBytes));
    }
    if (possible.tablePageCount() > arena.leftCount()) {
      return new MapResult.Refused(
          wanted.iova(),
          Reason.of(
              TableFact.NEW_PAGES,
              new Reason.Needed(possible.tablePageCount(), arena.leftCount())));
    }
    long[] newPages = take(arena, possible.tablePageCount());
    Optional<Reason> unusable = unusable(memory, newPages, arena.pageBytes());
    if (unusable.isPresent()) {
      return new MapResult.Refused(wanted.iova(), unusable.get());
    }
    MappingWriter writer =
        new MappingWriter(memory, paging.format(), table.geometry(), wanted, newPages);
    new RangeDescent(memory, paging.format(), table, writer).descend(wanted.iova());
    return possible;
  }

  /**
   * {@return what {@link #map} would do with as many table pages as it takes} Writes nothing.
   *
   * @param wanted whole pages of the smallest size, to whole pages
   */
  public MapResult survey(PhysicalMemory memory, TableId table, Mapping wanted) {
    requireWholePages(table, wanted.iova());
    requireWholePages(table, wanted.physical());
    Optional<Reason> unmappable = unmappable(table, wanted);
    if (unmappable.isPresent()) {
      return new MapResult.Refused(wanted.iova(), unmappable.get());
    }
    MappingSurvey survey = new MappingSurvey(paging.format(), table.geometry(), wanted);
    new RangeDescent(memory, paging.format(), table, survey).descend(wanted.iova());
    return survey.result();
  }

  private static void requireWholePages(TableId table, AddressRange range) {
    int pageBytes = table.geometry().pageBytes();
    if (!Alignment.isAligned(range.first(), pageBytes)
        || !Alignment.isAligned(range.last() + 1, pageBytes)) {
      throw new IllegalArgumentException(
          "not whole pages of %d KiB: %s".formatted(pageBytes >> 10, range));
    }
  }

  private Optional<Reason> unmappable(TableId table, Mapping wanted) {
    AddressRange reach = paging.reach(table.geometry());
    if (!reach.contains(wanted.iova())) {
      return Optional.of(Reason.of(TableFact.BEYOND_TABLES, Unmappable.addresses(reach)));
    }
    if (wanted.physicalFirst() + wanted.iova().sizeBytes() - 1 < wanted.physicalFirst()
        || !paging.targets().contains(wanted.physical())) {
      return Optional.of(Reason.of(TableFact.BEYOND_HOST, Unmappable.addresses(wanted.physical())));
    }
    return paging.unmappable().stream()
        .filter(withheld -> withheld.overlaps(wanted))
        .findFirst()
        .map(Unmappable::overlap);
  }

  private static long[] take(PageArena arena, long count) {
    long[] taken = new long[Math.toIntExact(count)];
    for (int i = 0; i < taken.length; i++) {
      taken[i] = arena.take().orElseThrow();
    }
    return taken;
  }

  private Optional<Reason> unusable(WritableMemory memory, long[] newPages, int pageBytes) {
    for (int from = 0; from < newPages.length; ) {
      int end = from + 1;
      while (end < newPages.length && newPages[end] == newPages[end - 1] + pageBytes) {
        end++;
      }
      AddressRange run = AddressRange.ofSize(newPages[from], (long) (end - from) * pageBytes);
      if (!paging.targets().contains(run) || !memory.exists(run)) {
        return Optional.of(Reason.of(TableFact.ARENA_NOT_MEMORY, Unmappable.addresses(run)));
      }
      from = end;
    }
    return Optional.empty();
  }
}
