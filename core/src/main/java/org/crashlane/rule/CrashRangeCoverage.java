// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;

/**
 * How one table serves one crash range, gathered from its mappings in IOVA order: what of the range
 * is identity-mapped, with which rights, what is mapped elsewhere, and what is not mapped at all.
 */
final class CrashRangeCoverage {
  private final AddressRange crashRange;
  private final Permissions rights;
  private final long addressMask;
  private final Pieces<Mapping> mapped = new Pieces<>();
  private final Pieces<AddressRange> holes = new Pieces<>();
  private final Pieces<Mapping> withoutRight = new Pieces<>();
  private final Pieces<Mapping> elsewhere = new Pieces<>();
  private long nextIova;
  private boolean reachedEnd;

  CrashRangeCoverage(Window window) {
    this(window, 0);
  }

  /**
   * @param window the IOVAs that have to lead to the crash range
   * @param addressMask the bits of these that are no address: 0, or the memory encryption bit
   */
  CrashRangeCoverage(Window window, long addressMask) {
    this.crashRange = window.range();
    this.rights = window.rights();
    this.addressMask = addressMask;
    this.nextIova = crashRange.first();
  }

  /** Takes what an entry maps. */
  void mapping(Mapping mapping) {
    mapping.iova().intersection(crashRange).ifPresent(iova -> take(mapping, iova, true));
  }

  /** Takes what is reached without an entry: nobody mapped anything there. */
  void untouched(AddressRange range) {
    Mapping asIs = new Mapping(range, range.first(), Permissions.READ_WRITE);
    range.intersection(crashRange).ifPresent(iova -> take(asIs, iova, false));
  }

  private void take(Mapping mapping, AddressRange iova, boolean isMapped) {
    holeBefore(iova.first());
    long physical = mapping.physicalFirst() + (iova.first() - mapping.iova().first());
    classify(new Mapping(iova, physical, mapping.permissions()), isMapped);
    nextIova = iova.last() + 1;
    reachedEnd = iova.last() == crashRange.last();
  }

  void end() {
    if (!reachedEnd) {
      holes.add(new AddressRange(nextIova, crashRange.last()), crashRange.last() - nextIova + 1);
    }
  }

  private void holeBefore(long iova) {
    if (iova != nextIova) {
      holes.add(new AddressRange(nextIova, iova - 1), iova - nextIova);
    }
  }

  private void classify(Mapping part, boolean isMapped) {
    if (part.physicalFirst() != (part.iova().first() & ~addressMask)) {
      elsewhere.add(part, part.iova().sizeBytes());
      return;
    }
    if (isMapped) {
      mapped.add(part, part.iova().sizeBytes());
    }
    if (!part.permissions().contains(rights)) {
      withoutRight.add(part, part.iova().sizeBytes());
    }
  }

  AddressRange crashRange() {
    return crashRange;
  }

  /** {@return true if all of it is reached at its own address, for reading and writing} */
  boolean isWhole() {
    return holes.isEmpty() && withoutRight.isEmpty() && elsewhere.isEmpty();
  }

  /** {@return what entries map to itself, with whatever rights} */
  Pieces<Mapping> mapped() {
    return mapped;
  }

  /** {@return what is not mapped} */
  Pieces<AddressRange> holes() {
    return holes;
  }

  /** {@return what is identity-mapped, but not for reading and writing both} */
  Pieces<Mapping> withoutRight() {
    return withoutRight;
  }

  /** {@return what is mapped to other pages} */
  Pieces<Mapping> elsewhere() {
    return elsewhere;
  }
}
