// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.Optional;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Obstacle.NotMapped;
import org.crashlane.rule.Reading.Entry;
import org.crashlane.rule.Reading.Mapped;

/** Looks on while a table is walked: is all of one window mapped to itself, with its rights? */
final class IdentityCheck implements WalkVisitor {
  private static final long TABLE_PAGES_MAX = 1 << 22;

  private final AddressRange range;
  private final Permissions rights;
  private long next;
  private boolean covered;
  private long tablePageCount;
  private Optional<Evidence> problem = Optional.empty();

  IdentityCheck(Window window) {
    this.range = window.range();
    this.rights = window.rights();
    this.next = range.first();
  }

  @Override
  public void mapping(long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
    if (covered
        || Long.compareUnsigned(iovaLast, next) < 0
        || Long.compareUnsigned(iovaFirst, next) > 0) {
      return;
    }
    if (physicalFirst != iovaFirst || !permissions.contains(rights)) {
      long there = physicalFirst + (next - iovaFirst);
      report(new Mapped(Mapping.of(next, iovaLast, there, permissions)));
    } else if (Long.compareUnsigned(iovaLast, range.last()) >= 0) {
      covered = true;
    } else {
      next = iovaLast + 1;
    }
  }

  @Override
  public void malformed(Malformation malformation) {
    if (range.contains(malformation.iova())) {
      report(new Entry(malformation));
    }
  }

  @Override
  public void tablePage(long address, long sizeBytes, int level) {
    tablePageCount++;
  }

  /**
   * All is known once the range is covered; hostile tables shall not cost more than any machine's.
   */
  @Override
  public boolean isEnough() {
    return covered || tablePageCount >= TABLE_PAGES_MAX;
  }

  /** {@return what is wrong; nothing if all of the range is mapped to itself} */
  Optional<Evidence> problem() {
    return covered ? Optional.empty() : problem.or(() -> Optional.of(new NotMapped(next)));
  }

  private void report(Evidence what) {
    problem = problem.or(() -> Optional.of(what));
  }
}
