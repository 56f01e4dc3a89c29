// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.flat;

import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Conflicts;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.Unmappable;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.memory.WritableMemory;

/**
 * Writes mappings into a flat table, in two passes: the first reads all the entries concerned, and
 * only when none is in the way does the second write. No table page is ever needed: the table is
 * there in full. What is mapped is never replaced, except by {@link #unmap}.
 *
 * <p>Caches are the caller's: hardware may use an entry as it was until it is commanded to drop it.
 * The allocator is the caller's too: an entry written here is still free in a kernel's bitmap, and
 * would be handed out, unless it is reserved there.
 */
public final class FlatMapper {
  private final FlatTable table;
  private final FlatFormat format;
  private final long blank;
  private final List<Unmappable> reserved;

  /**
   * @param table what is written
   * @param blank what an entry that serves no mapping holds: a free entry, or one that leads to a
   *     page kept for stray requests
   * @param reserved the IOVAs at which nothing may be mapped
   */
  public FlatMapper(FlatTable table, long blank, List<Unmappable> reserved) {
    this.table = table;
    this.format = table.format();
    this.blank = blank;
    this.reserved = List.copyOf(reserved);
  }

  /**
   * Maps as {@code wanted} says. Pages already mapped so, with these rights or more, are left as
   * they are; blank entries count as free.
   *
   * @param memory where the table is
   * @param wanted whole pages, to whole pages, with rights that an entry can give
   * @return what was done, or why nothing was
   * @throws IllegalArgumentException if {@code wanted} is not so
   */
  public MapResult map(WritableMemory memory, Mapping wanted) {
    requireUsable(wanted);
    Optional<Reason> refusal = refusal(wanted);
    if (refusal.isPresent()) {
      return new MapResult.Refused(wanted.iova(), refusal.get());
    }
    Survey survey = new Survey(wanted);
    try {
      survey.read(memory);
    } catch (UnreadableMemoryException e) {
      return new MapResult.Refused(
          wanted.iova(),
          Reason.of(TableFact.TABLE, new Reason.At(e.address()), new Reason.Because(e.absence())));
    }
    List<Mapping> conflicts = survey.conflicts.found();
    if (!conflicts.isEmpty()) {
      return new MapResult.Conflict(conflicts);
    }
    replace(
        memory,
        wanted.iova(),
        (index, entry) ->
            isFree(entry) ? format.entry(survey.target(index), wanted.permissions()) : entry);
    return new MapResult.Mapped(survey.freeCount, 0, survey.alreadyMappedBytes);
  }

  /**
   * Makes the entries of {@code range} blank, whatever they hold.
   *
   * @param range whole pages in the table's reach
   * @return how many were not so before
   * @throws IllegalArgumentException if it is not
   * @throws UnreadableMemoryException if the table is not in memory; some may have been written
   */
  public long unmap(WritableMemory memory, AddressRange range) {
    requireWholePages(range);
    if (!table.reach().contains(range)) {
      throw new IllegalArgumentException(range + " does not lie in " + table);
    }
    return replace(memory, range, (_, _) -> blank);
  }

  private void requireUsable(Mapping wanted) {
    requireWholePages(wanted.iova());
    if (!Alignment.isAligned(wanted.physicalFirst(), format.pageBytes())) {
      throw new IllegalArgumentException("not whole pages: " + wanted);
    }
    if (!format.canGive(wanted.permissions())) {
      throw new IllegalArgumentException("no entry gives these rights: " + wanted);
    }
  }

  private void requireWholePages(AddressRange range) {
    if (!Alignment.isAligned(range.first(), format.pageBytes())
        || !Alignment.isAligned(range.last() + 1, format.pageBytes())) {
      throw new IllegalArgumentException("not whole pages: " + range);
    }
  }

  private Optional<Reason> refusal(Mapping wanted) {
    AddressRange iovas = wanted.iova();
    if (!table.reach().contains(iovas)) {
      return Optional.of(Reason.of(TableFact.BEYOND_TABLES, Unmappable.addresses(table.reach())));
    }
    long physicalLast = wanted.physicalFirst() + iovas.sizeBytes() - 1;
    if (!format.canTarget(wanted.physicalFirst(), physicalLast)) {
      return Optional.of(Reason.of(TableFact.BEYOND_ENTRIES));
    }
    return reserved.stream()
        .filter(region -> region.range().overlaps(iovas))
        .findFirst()
        .map(Unmappable::overlap);
  }

  private boolean isFree(long entry) {
    return switch (format.use(entry)) {
      case FREE -> true;
      case MAPS, MAPS_WITH_RESERVED_BITS ->
          format.use(blank) == FlatFormat.Use.MAPS && format.target(entry) == format.target(blank);
      case WRONG -> false;
    };
  }

  /** What an entry becomes. */
  private interface Replacement {
    long of(int index, long entry);
  }

  /** {@return how many entries change} Stores each word once, and only if one in it does. */
  private long replace(WritableMemory memory, AddressRange range, Replacement replacement) {
    long changedCount = 0;
    int last = table.indexOf(range.last());
    for (int index = table.indexOf(range.first()); index <= last; ) {
      long at = table.wordAddress(index);
      long before = memory.readLong(at);
      long after = before;
      do {
        long entry = table.entry(before, index);
        long replaced = replacement.of(index, entry);
        changedCount += replaced == entry ? 0 : 1;
        after = table.with(after, index, replaced);
        index++;
      } while (index <= last && table.wordAddress(index) == at);
      if (after != before) {
        memory.writeLong(at, after);
      }
    }
    return changedCount;
  }

  /** What the entries of a range hold before it is mapped. */
  private final class Survey {
    private final Mapping wanted;
    private final Conflicts conflicts = new Conflicts();
    private long freeCount;
    private long alreadyMappedBytes;

    Survey(Mapping wanted) {
      this.wanted = wanted;
    }

    /** Reads the entries; to be called once. */
    void read(PhysicalMemory memory) {
      int last = table.indexOf(wanted.iova().last());
      for (int index = table.indexOf(wanted.iova().first()); index <= last; index++) {
        long entry = table.read(memory, index);
        if (isAsWanted(entry, index)) {
          alreadyMappedBytes += format.pageBytes();
        } else if (isFree(entry)) {
          freeCount++;
        } else {
          conflicts.add(
              table.iovaOf(index),
              format.pageBytes(),
              format.target(entry),
              format.permissions(entry));
        }
      }
    }

    private boolean isAsWanted(long entry, int index) {
      return switch (format.use(entry)) {
        case FREE, WRONG -> false;
        case MAPS, MAPS_WITH_RESERVED_BITS ->
            format.target(entry) == target(index)
                && gives(format.permissions(entry), wanted.permissions());
      };
    }

    long target(int index) {
      return wanted.physicalFirst() + (table.iovaOf(index) - wanted.iova().first());
    }
  }

  private static boolean gives(Permissions permissions, Permissions wanted) {
    return permissions.and(wanted) == wanted;
  }
}
