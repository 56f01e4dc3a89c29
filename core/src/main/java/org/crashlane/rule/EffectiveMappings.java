// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import org.crashlane.iommu.ForwardingVisitor;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;

/**
 * Tells of mappings what is left of them on one path: no more rights than the device's own entry
 * leaves, and nothing where requests never get as far as the tables.
 */
final class EffectiveMappings extends ForwardingVisitor {
  private final DevicePath path;

  EffectiveMappings(DevicePath path, WalkVisitor visitor) {
    super(visitor);
    this.path = path;
  }

  @Override
  public void mapping(long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
    Permissions left = permissions.and(path.permissions());
    if (left == Permissions.NONE) {
      return;
    }
    long from = iovaFirst;
    for (AddressRange bypassed : path.bypassed()) {
      if (bypassed.overlaps(new AddressRange(from, iovaLast))) {
        if (Long.compareUnsigned(from, bypassed.first()) < 0) {
          visitor.mapping(from, bypassed.first() - 1, physicalFirst + (from - iovaFirst), left);
        }
        if (Long.compareUnsigned(iovaLast, bypassed.last()) <= 0) {
          return;
        }
        from = bypassed.last() + 1;
      }
    }
    visitor.mapping(from, iovaLast, physicalFirst + (from - iovaFirst), left);
  }
}
