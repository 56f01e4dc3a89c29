// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.Optional;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;

/** Looks on while a table is walked: is all of one window mapped to itself, with its rights? */
final class IdentityCheck implements WalkVisitor {
  private static final long TABLE_PAGES_MAX = 1 << 22;

  private final AddressRange range;
  private final Permissions rights;
  private long next;
  private boolean covered;
  private long tablePageCount;
  private Optional<String> problem = Optional.empty();

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
      tell("IOVA %s goes to %s %s".formatted(Hex.of(next), Hex.of(there), permissions));
    } else if (Long.compareUnsigned(iovaLast, range.last()) >= 0) {
      covered = true;
    } else {
      next = iovaLast + 1;
    }
  }

  @Override
  public void malformed(Malformation malformation) {
    if (range.contains(malformation.iova())) {
      tell(malformation.toString());
    }
  }

  @Override
  public void tablePage(long address, int level) {
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
  Optional<String> problem() {
    return covered
        ? Optional.empty()
        : problem.or(() -> Optional.of("IOVA " + Hex.of(next) + " is not mapped"));
  }

  private void tell(String what) {
    problem = problem.or(() -> Optional.of(what));
  }
}
