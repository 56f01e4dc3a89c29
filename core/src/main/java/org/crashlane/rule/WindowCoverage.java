// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;

/**
 * How one table serves one window, gathered from its mappings in IOVA order: what of the range is
 * identity-mapped, with which rights, what is mapped elsewhere, and what is not mapped at all.
 */
final class WindowCoverage {
  private final Window window;
  private final AddressRange range;
  private final long addressMask;
  private final Examples<Mapping> mapped = new Examples<>();
  private final Examples<AddressRange> holes = new Examples<>();
  private final Examples<Mapping> withoutRight = new Examples<>();
  private final Examples<Mapping> elsewhere = new Examples<>();
  private long nextIova;
  private boolean reachedEnd;

  WindowCoverage(Window window) {
    this(window, 0);
  }

  /**
   * @param window the IOVAs that have to lead to the crash range or doorbell
   * @param addressMask the bits of these that are no address: 0, or the memory encryption bit
   */
  WindowCoverage(Window window, long addressMask) {
    this.window = window;
    this.range = window.range();
    this.addressMask = addressMask;
    this.nextIova = range.first();
  }

  /** Takes what an entry maps. */
  void mapping(Mapping mapping) {
    mapping.iova().intersection(range).ifPresent(iova -> take(mapping, iova, true));
  }

  /** Takes what is reached without an entry: nobody mapped anything there. */
  void bypassed(AddressRange iovas) {
    Mapping asIs = new Mapping(iovas, iovas.first(), Permissions.READ_WRITE);
    iovas.intersection(range).ifPresent(iova -> take(asIs, iova, false));
  }

  private void take(Mapping mapping, AddressRange iova, boolean isMapped) {
    holeBefore(iova.first());
    long physical = mapping.physicalFirst() + (iova.first() - mapping.iova().first());
    classify(new Mapping(iova, physical, mapping.permissions()), isMapped);
    nextIova = iova.last() + 1;
    reachedEnd = iova.last() == range.last();
  }

  void end() {
    if (!reachedEnd) {
      holes.add(new AddressRange(nextIova, range.last()), range.last() - nextIova + 1);
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
    if (!part.permissions().contains(window.rights())) {
      withoutRight.add(part, part.iova().sizeBytes());
    }
  }

  Window window() {
    return window;
  }

  /** {@return true if all of it is reached at its own address, with its rights} */
  boolean isWhole() {
    return holes.isEmpty() && withoutRight.isEmpty() && elsewhere.isEmpty();
  }

  /** {@return what entries map to itself, with whatever rights} */
  Examples<Mapping> mapped() {
    return mapped;
  }

  /** {@return what is not mapped} */
  Examples<AddressRange> holes() {
    return holes;
  }

  /** {@return what is identity-mapped, but not with its rights} */
  Examples<Mapping> withoutRight() {
    return withoutRight;
  }

  /** {@return what is mapped to other pages} */
  Examples<Mapping> elsewhere() {
    return elsewhere;
  }
}
