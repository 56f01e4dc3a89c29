// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.WalkVisitor;

/** Joins mappings that run on into one before a visitor is told. */
final class MappingRun {
  private static final Permissions[] PERMISSIONS = permissionsByRights();

  private final WalkVisitor visitor;
  private final long iovaLast;

  private long iova;
  private long physical;
  private long sizeBytes;
  private long rights;

  /**
   * @param iovaLast where mappings are cut off: no request goes beyond
   */
  MappingRun(WalkVisitor visitor, long iovaLast) {
    this.visitor = visitor;
    this.iovaLast = iovaLast;
  }

  /** Adds a mapping behind all before it. */
  void add(long newIova, long newSizeBytes, long newPhysical, long newRights) {
    if (newIova == iova + sizeBytes && newPhysical == physical + sizeBytes && newRights == rights) {
      sizeBytes += newSizeBytes;
    } else {
      end();
      iova = newIova;
      physical = newPhysical;
      sizeBytes = newSizeBytes;
      rights = newRights;
    }
  }

  /** Tells what was gathered. */
  void end() {
    if (sizeBytes != 0) {
      tell(iova, sizeBytes, physical, rights);
      sizeBytes = 0;
    }
  }

  /** Tells a mapping that runs on from none and into none; what was gathered has been told. */
  void tell(long ownIova, long ownSizeBytes, long ownPhysical, long ownRights) {
    if (Long.compareUnsigned(ownIova, iovaLast) > 0) {
      return;
    }
    long last = ownIova + ownSizeBytes - 1;
    long told = Long.compareUnsigned(last, iovaLast) < 0 ? last : iovaLast;
    visitor.mapping(ownIova, told, ownPhysical, PERMISSIONS[(int) ownRights]);
  }

  private static Permissions[] permissionsByRights() {
    Permissions[] table = new Permissions[Permissions.values().length];
    for (Permissions permissions : Permissions.values()) {
      table[(int) SecondLevelEntry.rights(permissions)] = permissions;
    }
    return table;
  }
}
