// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import java.util.List;
import java.util.Optional;
import org.crashlane.iommu.Conflicts;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.memory.PhysicalMemory;

/** Finds out what a mapping would take and what stands against it; writes nothing. */
final class MappingSurvey {
  private final Aperture aperture;
  private final Mapping wanted;
  private final Optional<ScratchPage> scratch;
  private final Conflicts conflicts = new Conflicts();

  private long freeCount;
  private long alreadyMappedBytes;

  MappingSurvey(Aperture aperture, Mapping wanted, Optional<ScratchPage> scratch) {
    this.aperture = aperture;
    this.wanted = wanted;
    this.scratch = scratch;
  }

  /** Reads the entries that serve the IOVAs wanted; to be called once. */
  void read(PhysicalMemory memory, long table) {
    int last = aperture.indexOf(wanted.iova().last());
    for (int index = aperture.indexOf(wanted.iova().first()); index <= last; index++) {
      long entry = PteTable.read(memory, table, index);
      if (Gpte.isValid(entry) && Gpte.physicalAddress(entry) == target(index)) {
        alreadyMappedBytes += PteTable.PAGE_BYTES;
      } else if (isFree(entry)) {
        freeCount++;
      } else {
        conflicts.add(
            aperture.addressOf(index),
            PteTable.PAGE_BYTES,
            Gpte.physicalAddress(entry),
            Permissions.READ_WRITE);
      }
    }
  }

  /** {@return true if {@code entry} serves no mapping} */
  boolean isFree(long entry) {
    return !Gpte.isValid(entry) || scratch.filter(page -> page.isTargetOf(entry)).isPresent();
  }

  /** {@return the entry wanted at {@code index}} */
  long wantedEntry(int index) {
    return Gpte.encode(target(index));
  }

  private long target(int index) {
    return wanted.physicalFirst() + (aperture.addressOf(index) - wanted.iova().first());
  }

  /** {@return what is mapped otherwise than wanted} */
  List<Mapping> conflicts() {
    return conflicts.found();
  }

  /** {@return how many entries are to be written} */
  long freeCount() {
    return freeCount;
  }

  long alreadyMappedBytes() {
    return alreadyMappedBytes;
  }
}
