// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import org.crashlane.iommu.ForwardingVisitor;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;

/**
 * Tells of mappings what is left of them on one way: no more rights than the device's own entry
 * leaves, and nothing where requests never get as far as the tables.
 */
final class SeenMappings extends ForwardingVisitor {
  private final Way way;

  SeenMappings(Way way, WalkVisitor visitor) {
    super(visitor);
    this.way = way;
  }

  @Override
  public void mapping(long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
    Permissions left = permissions.and(way.permissions());
    if (left == Permissions.NONE) {
      return;
    }
    long from = iovaFirst;
    for (AddressRange untouched : way.untouched()) {
      if (untouched.overlaps(new AddressRange(from, iovaLast))) {
        if (Long.compareUnsigned(from, untouched.first()) < 0) {
          visitor.mapping(from, untouched.first() - 1, physicalFirst + (from - iovaFirst), left);
        }
        if (Long.compareUnsigned(iovaLast, untouched.last()) <= 0) {
          return;
        }
        from = untouched.last() + 1;
      }
    }
    visitor.mapping(from, iovaLast, physicalFirst + (from - iovaFirst), left);
  }
}
