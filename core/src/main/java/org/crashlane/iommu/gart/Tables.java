// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.Hex;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.memory.WritableMemory;

/**
 * Writes a GART's table. Which entries are free is the kernel driver's to find; what is mapped
 * already is never replaced, save by {@link #unmap} and {@link #write}.
 *
 * <p>Two entries share each word that is written; the other keeps its value, but is written back:
 * nobody else may change the table meanwhile. Caches are the caller's: until INVGART is written on
 * every northbridge, each may go by an entry as it was.
 */
public final class Tables {
  private static final AddressRange TARGETS = new AddressRange(0, Gpte.HIGHEST_ADDRESS);

  private final Aperture aperture;
  private final long table;
  private final Optional<ScratchPage> scratch;

  /**
   * @param config the unit whose table is written, which need not be on
   * @param scratch where entries without a mapping lead; nothing if they are not valid
   * @throws IllegalArgumentException if the size of the aperture is not known
   */
  public Tables(UnitConfig config, Optional<ScratchPage> scratch) {
    this.aperture = config.requireAperture();
    this.table = config.table();
    this.scratch = scratch;
  }

  /** Maps {@code range}, which lies in the aperture, to the memory under it; see {@link #map}. */
  public MapResult mapIdentity(WritableMemory memory, AddressRange range) {
    return map(memory, new Mapping(range, range.first(), Permissions.READ_WRITE));
  }

  /**
   * Maps as {@code wanted} says, with coherent entries. Pages already mapped so are left alone;
   * entries that lead to the scratch page count as free.
   *
   * @param memory where the table is
   * @param wanted whole 4 KiB pages, to whole 4 KiB pages, for reading and writing, for entries
   *     know no less
   * @return what was done, or why nothing was
   */
  public MapResult map(WritableMemory memory, Mapping wanted) {
    requireWritable(wanted);
    Optional<String> unmappable = unmappable(wanted);
    if (unmappable.isPresent()) {
      return new MapResult.Refused(unmappable.get());
    }
    MappingSurvey survey = new MappingSurvey(aperture, wanted, scratch);
    try {
      survey.read(memory, table);
    } catch (UnreadableMemoryException e) {
      return new MapResult.Refused(
          "cannot map %s: the table at %s: %s".formatted(wanted, Hex.of(e.address()), e.reason()));
    }
    if (!survey.conflicts().isEmpty()) {
      return new MapResult.Conflict(survey.conflicts());
    }
    replace(
        memory,
        wanted.iova(),
        (index, current) -> survey.isFree(current) ? survey.wantedEntry(index) : current);
    return new MapResult.Mapped(survey.freeCount(), 0, survey.alreadyMappedBytes());
  }

  /**
   * Unmaps {@code range}: its entries lead to the scratch page, or without one are not valid.
   *
   * @param range whole 4 KiB pages in the aperture
   * @throws UnreadableMemoryException if the table is not in memory; some may have been written
   */
  public void unmap(WritableMemory memory, AddressRange range) {
    requireWholePages(range);
    if (!aperture.range().contains(range)) {
      throw new IllegalArgumentException(range + " does not lie in the " + aperture);
    }
    long unmapped = scratch.map(ScratchPage::entry).orElse(Gpte.ABSENT);
    replace(memory, range, (_, _) -> unmapped);
  }

  /**
   * Writes one entry as it is, right or wrong.
   *
   * @param iova any address in the aperture that the entry serves
   * @param entry 32 bits
   * @throws UnreadableMemoryException if the table is not in memory
   */
  public void write(WritableMemory memory, long iova, long entry) {
    PteTable.write(memory, table, aperture.indexOf(iova), entry);
  }

  /** What an entry becomes. */
  private interface Replacement {
    long of(int index, long current);
  }

  private void replace(WritableMemory memory, AddressRange range, Replacement replacement) {
    int last = aperture.indexOf(range.last());
    for (int index = aperture.indexOf(range.first()); index <= last; ) {
      long at = PteTable.wordAddress(table, index);
      long before = memory.readLong(at);
      long after = before;
      do {
        after = PteTable.with(after, index, replacement.of(index, PteTable.entry(before, index)));
        index++;
      } while (index <= last && PteTable.wordAddress(table, index) == at);
      if (after != before) {
        memory.writeLong(at, after);
      }
    }
  }

  private static void requireWritable(Mapping wanted) {
    requireWholePages(wanted.iova());
    if (!Alignment.isAligned(wanted.physicalFirst(), PteTable.PAGE_BYTES)) {
      throw new IllegalArgumentException("not whole 4 KiB pages: " + wanted);
    }
    if (wanted.permissions() != Permissions.READ_WRITE) {
      throw new IllegalArgumentException("entries cannot keep from reading or writing: " + wanted);
    }
  }

  private static void requireWholePages(AddressRange range) {
    for (long bound : List.of(range.first(), range.last() + 1)) {
      if (!Alignment.isAligned(bound, PteTable.PAGE_BYTES)) {
        throw new IllegalArgumentException("not whole 4 KiB pages: " + range);
      }
    }
  }

  private Optional<String> unmappable(Mapping wanted) {
    if (!aperture.range().contains(wanted.iova())) {
      return Optional.of(
          wanted.iova() + " does not lie in the " + aperture + ": nothing else is translated");
    }
    if (!TARGETS.contains(wanted.physicalFirst())
        || !TARGETS.contains(wanted.physicalFirst() + wanted.iova().sizeBytes() - 1)) {
      return Optional.of("target lies beyond the 40 bits of an entry: " + wanted);
    }
    if (InterruptWindow.RANGE.overlaps(wanted.iova())
        || InterruptWindow.RANGE.overlaps(wanted.physical())) {
      return Optional.of(wanted + " overlaps the interrupt window " + InterruptWindow.RANGE);
    }
    return Optional.empty();
  }
}
