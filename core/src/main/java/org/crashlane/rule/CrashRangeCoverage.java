// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.memory.AddressRange;

/**
 * How one table serves one crash range, gathered from its mappings in IOVA order: what of the range
 * is identity-mapped, with which rights, what is mapped elsewhere, and what is not mapped at all.
 */
final class CrashRangeCoverage {
  private final AddressRange crashRange;
  private final Pieces<AddressRange> holes = new Pieces<>();
  private final Pieces<Mapping> withoutRight = new Pieces<>();
  private final Pieces<Mapping> elsewhere = new Pieces<>();
  private long nextIova;
  private boolean reachedEnd;

  CrashRangeCoverage(AddressRange crashRange) {
    this.crashRange = crashRange;
    this.nextIova = crashRange.first();
  }

  void mapping(Mapping mapping) {
    mapping
        .iova()
        .intersection(crashRange)
        .ifPresent(iova -> {
          holeBefore(iova.first());
          long physical = mapping.physicalFirst() + (iova.first() - mapping.iova().first());
          classify(new Mapping(iova, physical, mapping.permissions()));
          nextIova = iova.last() + 1;
          reachedEnd = iova.last() == crashRange.last();
        });
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

  private void classify(Mapping part) {
    if (!part.isIdentity()) {
      elsewhere.add(part, part.iova().sizeBytes());
    } else if (part.permissions() != Permissions.READ_WRITE) {
      withoutRight.add(part, part.iova().sizeBytes());
    }
  }

  AddressRange crashRange() {
    return crashRange;
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
