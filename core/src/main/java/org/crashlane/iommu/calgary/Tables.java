// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Alignment;
import org.crashlane.iommu.Conflicts;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.memory.WritableMemory;

/**
 * Writes mappings into a TCE table, in two passes: the first reads all the entries in the way, and
 * only when nothing speaks against it does the second write.
 *
 * <p>A range that runs beyond the table's end is refused whole, where Linux's own {@code
 * iommu_range_reserve} would run over the end of its bitmap. Each entry is written by one aligned
 * store of 8 bytes. Nothing that exists is replaced, and no table page is ever needed: the table is
 * there in full.
 *
 * <p>Caches are the caller's: Linux writes each entry back from the processor's cache, and empties
 * the chip's TCE cache by writing TAR before an entry is used again for another page. Whether the
 * chips keep free entries in that cache is not known. The allocator is the caller's too: an entry
 * written here is still free in Linux's bitmap, and would be handed out, unless it is reserved
 * there.
 */
public final class Tables {
  private final List<ReservedRegion> reserved;

  /**
   * @param config the PHB whose table is written
   */
  public Tables(UnitConfig config) {
    this.reserved = config.reserved();
  }

  /** Maps {@code range} to itself, readable and writable; see {@link #map}. */
  public MapResult mapIdentity(WritableMemory memory, TceTable table, AddressRange range) {
    return map(memory, table, new Mapping(range, range.first(), Permissions.READ_WRITE));
  }

  /**
   * Maps as {@code wanted} says. Pages already mapped so are left alone.
   *
   * @param memory where the table is
   * @param table which
   * @param wanted whole 4 KiB pages, to whole 4 KiB pages, with a right
   * @return what was done, or why nothing was; leaves are TCEs
   */
  public MapResult map(WritableMemory memory, TceTable table, Mapping wanted) {
    requireUsable(wanted);
    Optional<String> unmappable = unmappable(table, wanted);
    if (unmappable.isPresent()) {
      return new MapResult.Refused(unmappable.get());
    }
    Survey survey = new Survey(wanted);
    try {
      survey.read(memory, table);
    } catch (UnreadableMemoryException e) {
      return new MapResult.Refused("cannot map " + wanted + ": " + e.getMessage());
    }
    List<Mapping> conflicts = survey.conflicts.found();
    if (!conflicts.isEmpty()) {
      return new MapResult.Conflict(conflicts);
    }
    write(memory, table, wanted);
    return new MapResult.Mapped(survey.freeCount, 0, survey.alreadyMappedBytes);
  }

  /**
   * Frees the entries of {@code iovas}, whatever they hold, as Linux's {@code tce_free} does. What
   * the chip has kept of them serves on until TAR is written.
   *
   * @param memory where the table is
   * @param table which
   * @param iovas whole 4 KiB pages in the table's reach
   * @return how many entries were not free before
   * @throws IllegalArgumentException if they are not
   */
  public static long unmap(WritableMemory memory, TceTable table, AddressRange iovas) {
    if (!isWholePages(iovas) || !table.reach().contains(iovas)) {
      throw new IllegalArgumentException("not whole 4 KiB pages of " + table + ": " + iovas);
    }
    long freedCount = 0;
    for (long at = 0; at < iovas.sizeBytes(); at += Tce.PAGE_BYTES) {
      long address = table.entryAddress(iovas.first() + at);
      freedCount += memory.readLong(address) == Tce.FREE ? 0 : 1;
      memory.writeLong(address, Tce.FREE);
    }
    return freedCount;
  }

  private static boolean isWholePages(AddressRange range) {
    return Alignment.isAligned(range.first(), Tce.PAGE_BYTES)
        && Alignment.isAligned(range.last() + 1, Tce.PAGE_BYTES);
  }

  private static void write(WritableMemory memory, TceTable table, Mapping wanted) {
    for (long at = 0; at < wanted.iova().sizeBytes(); at += Tce.PAGE_BYTES) {
      long address = table.entryAddress(wanted.iova().first() + at);
      if (memory.readLong(address) == Tce.FREE) {
        long tce = Tce.of(wanted.physicalFirst() + at, wanted.permissions());
        memory.writeLong(address, Tce.toMemory(tce));
      }
    }
  }

  private static void requireUsable(Mapping wanted) {
    if (!isWholePages(wanted.iova())
        || !Alignment.isAligned(wanted.physicalFirst(), Tce.PAGE_BYTES)) {
      throw new IllegalArgumentException("not whole 4 KiB pages: " + wanted);
    }
    if (wanted.permissions() == Permissions.NONE) {
      throw new IllegalArgumentException("a mapping without a right: " + wanted);
    }
  }

  private Optional<String> unmappable(TceTable table, Mapping wanted) {
    AddressRange iovas = wanted.iova();
    if (!table.reach().contains(iovas)) {
      String larger =
          TableSize.reaching(iovas.last())
              .map(size -> "a table of " + size.option() + " would reach it")
              .orElse("no table reaches beyond 4 GiB");
      return Optional.of(
          "%s lies beyond what the table translates, %s; %s"
              .formatted(iovas, table.reach(), larger));
    }
    long physicalLast = wanted.physicalFirst() + (iovas.sizeBytes() - Tce.PAGE_BYTES);
    if (!Tce.canTarget(wanted.physicalFirst()) || !Tce.canTarget(physicalLast)) {
      return Optional.of("target lies beyond the 48 bits that a TCE can hold: " + wanted);
    }
    return reserved.stream()
        .filter(region -> region.range().overlaps(iovas))
        .findFirst()
        .map(region -> iovas + " overlaps " + region);
  }

  /** What stands in the entries of a range before it is mapped. */
  private static final class Survey {
    private final Mapping wanted;
    private final Conflicts conflicts = new Conflicts();
    private long freeCount;
    private long alreadyMappedBytes;

    Survey(Mapping wanted) {
      this.wanted = wanted;
    }

    void read(WritableMemory memory, TceTable table) {
      for (long at = 0; at < wanted.iova().sizeBytes(); at += Tce.PAGE_BYTES) {
        long iova = wanted.iova().first() + at;
        long tce = Tce.fromMemory(memory.readLong(table.entryAddress(iova)));
        if (tce == Tce.FREE) {
          freeCount++;
        } else if (isAsWanted(tce, wanted.physicalFirst() + at)) {
          alreadyMappedBytes += Tce.PAGE_BYTES;
        } else {
          conflicts.add(iova, Tce.PAGE_BYTES, Tce.target(tce), Tce.permissions(tce));
        }
      }
    }

    private boolean isAsWanted(long tce, long physical) {
      long rights = Tce.of(0, wanted.permissions());
      return Tce.target(tce) == physical && (tce & rights) == rights;
    }
  }
}
