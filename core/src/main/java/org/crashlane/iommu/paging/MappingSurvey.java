// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Conflicts;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableFact;

/** Finds out what a mapping would take and what prevents it; writes nothing. */
final class MappingSurvey implements RangeDescent.Visitor {
  private final EntryFormat format;
  private final Geometry geometry;
  private final LeafSizes sizes;
  private final Mapping wanted;
  private final Conflicts conflicts = new Conflicts();

  private Optional<Reason> refusal = Optional.empty();
  private long tablePageCount;
  private long leafCount;
  private long alreadyMappedBytes;

  MappingSurvey(EntryFormat format, Geometry geometry, Mapping wanted) {
    this.format = format;
    this.geometry = geometry;
    this.sizes = new LeafSizes(format, geometry, wanted);
    this.wanted = wanted;
  }

  @Override
  public void absent(long entryAddress, int level, long first, long last, Permissions rights) {
    if (!rights.contains(wanted.permissions())) {
      impassable(entryAddress, Reason.of(TableFact.RIGHTS_ABOVE));
      return;
    }
    count(level, first, last);
  }

  private void count(int level, long first, long last) {
    if (sizes.fits(level, first, last)) {
      leafCount++;
      return;
    }
    tablePageCount++;
    int below = level - 1;
    if (below == 1) {
      leafCount += (last - first + 1) / geometry.pageBytes();
      return;
    }
    for (long from = first; from - 1 != last; ) {
      long to = geometry.lastOfPart(from, below, last);
      count(below, from, to);
      from = to + 1;
    }
  }

  @Override
  public void mapped(
      long entryAddress, long entry, int level, long first, long last, Permissions rights) {
    long physical = format.physical(entry, level, first);
    boolean asWanted = physical == sizes.physical(first) && rights.contains(wanted.permissions());
    if (asWanted) {
      alreadyMappedBytes += last - first + 1;
    } else {
      conflicts.add(first, last - first + 1, physical, rights);
    }
  }

  @Override
  public void impassable(long entryAddress, Reason reason) {
    if (refusal.isEmpty()) {
      refusal = Optional.of(reason.with(new Reason.Entry(entryAddress)));
    }
  }

  /** {@return what mapping the range would do, given the table pages that it takes} */
  MapResult result() {
    if (refusal.isPresent()) {
      return new MapResult.Refused(wanted.iova(), refusal.get());
    }
    if (tablePageCount > Integer.MAX_VALUE) {
      return new MapResult.Refused(
          wanted.iova(),
          Reason.of(TableFact.NEW_PAGES, new Reason.Needed(tablePageCount, Integer.MAX_VALUE)));
    }
    List<Mapping> found = conflicts.found();
    return found.isEmpty()
        ? new MapResult.Mapped(leafCount, Math.toIntExact(tablePageCount), alreadyMappedBytes)
        : new MapResult.Conflict(found);
  }
}
