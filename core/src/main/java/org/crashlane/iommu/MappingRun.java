// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

/** Joins mappings that run on into one before a visitor receives it. */
public final class MappingRun {
  private final WalkVisitor visitor;
  private final long iovaLast;

  private long iova;
  private long physical;
  private long sizeBytes;
  private Permissions permissions = Permissions.NONE;

  /**
   * @param iovaLast where mappings are cut off: no request goes beyond
   */
  public MappingRun(WalkVisitor visitor, long iovaLast) {
    this.visitor = visitor;
    this.iovaLast = iovaLast;
  }

  /** Makes a run that is cut off nowhere. */
  public MappingRun(WalkVisitor visitor) {
    this(visitor, -1L);
  }

  /** Adds a mapping behind all before it. */
  public void add(long newIova, long newSizeBytes, long newPhysical, Permissions newPermissions) {
    if (newIova == iova + sizeBytes
        && newPhysical == physical + sizeBytes
        && newPermissions == permissions) {
      sizeBytes += newSizeBytes;
    } else {
      end();
      iova = newIova;
      physical = newPhysical;
      sizeBytes = newSizeBytes;
      permissions = newPermissions;
    }
  }

  /** Tells what was gathered. */
  public void end() {
    if (sizeBytes != 0) {
      tell(iova, sizeBytes, physical, permissions);
      sizeBytes = 0;
    }
  }

  /**
   * Reports a mapping that runs on from none and into none; what was gathered has been reported.
   */
  public void tell(long ownIova, long ownSizeBytes, long ownPhysical, Permissions ownPermissions) {
    if (Long.compareUnsigned(ownIova, iovaLast) > 0) {
      return;
    }
    long last = ownIova + ownSizeBytes - 1;
    long told = Long.compareUnsigned(last, iovaLast) < 0 ? last : iovaLast;
    visitor.mapping(ownIova, told, ownPhysical, ownPermissions);
  }
}
