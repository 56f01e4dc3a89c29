// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.toy;

import org.crashlane.bits.BitField;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.BlockReason;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.paging.EntryFormat;
import org.crashlane.iommu.paging.RequestChecks;

/**
 * Entries of a vendor that does all that the others do not: tables of 64 KiB with 8,192 entries,
 * the top one 16 in a row, a bit that forbids writes, a bit without which a page faults, a leaf and
 * a table that look alike but for their level, and addresses whose highest bits stand below the
 * others. It is what Arm's stage 1 with a 64 KiB granule would take (Arm ARM, "VMSAv8-64
 * translation table format descriptors"; Linux drivers/iommu/io-pgtable-arm.c).
 */
final class ToyFormat extends EntryFormat implements RequestChecks {
  static final int GRANULE_BITS = 16;

  /** Two levels that would translate 42 bits, with 16 top tables in a row. */
  static final Geometry GEOMETRY = new Geometry(GRANULE_BITS, 2, 46);

  static final BitField VALID = BitField.bit("VALID", 0);

  /** A table, or at level 1 a page; without it a block, at level 2 alone. */
  static final BitField TABLE = BitField.bit("TABLE", 1);

  static final BitField READ_ONLY = BitField.bit("AP[2]", 7);
  static final BitField ACCESSED = BitField.bit("AF", 10);
  static final BitField HIGH = BitField.bits("OA[51:48]", 15, 12);
  static final BitField ADDRESS = BitField.bits("OA[47:16]", 47, 16);
  static final BitField TABLE_READ_ONLY = BitField.bit("APTable[1]", 62);

  /** How far the bits of HIGH move up to be above ADDRESS. */
  private static final int HIGH_SHIFT = ADDRESS.high() + 1 - HIGH.low();

  static final int BLOCK_LEVEL = 2;

  enum Reason implements BlockReason {
    TRANSLATION(0x10),
    ADDRESS_SIZE(0x11),
    ACCESS(0x12),
    PERMISSION(0x13),
    WALK(0x0b);

    private final int number;

    Reason(int number) {
      this.number = number;
    }

    @Override
    public int number(Access access) {
      return number;
    }

    @Override
    public String meaning() {
      return name();
    }
  }

  ToyFormat() {
    super(
        GEOMETRY,
        ADDRESS,
        HIGH.mask(),
        HIGH_SHIFT,
        VALID.mask() | TABLE.mask() | READ_ONLY.mask() | ACCESSED.mask());
  }

  @Override
  public Kind kind(long entry, int level) {
    boolean block = !TABLE.isSet(entry);
    if (!VALID.isSet(entry) || (block && level != BLOCK_LEVEL)) {
      return Kind.EMPTY;
    }
    if (!block && level > 1) {
      return Kind.TABLE;
    }
    boolean whole = geometry().offset(target(entry), level) == 0;
    return ACCESSED.isSet(entry) && whole ? Kind.LEAF : Kind.WRONG;
  }

  @Override
  public Permissions rights(long entry, int level) {
    Kind kind = kind(entry, level);
    if (kind == Kind.EMPTY) {
      return Permissions.NONE;
    }
    BitField forbidding = kind == Kind.TABLE ? TABLE_READ_ONLY : READ_ONLY;
    return Permissions.of(true, !forbidding.isSet(entry));
  }

  @Override
  public org.crashlane.bits.Reason reason(long entry, int level) {
    return org.crashlane.bits.Reason.of(failure(Check.FIELDS, entry, level));
  }

  @Override
  public boolean mayBeLeaf(int level) {
    return level == 1 || level == BLOCK_LEVEL;
  }

  @Override
  public long leaf(long iova, long physical, int level, Permissions permissions) {
    return address(physical)
        | VALID.mask()
        | ACCESSED.mask()
        | (level == 1 ? TABLE.mask() : 0)
        | READ_ONLY.of(permissions.allows(Access.WRITE) ? 0 : 1);
  }

  @Override
  public long table(long physical, int nextLevel) {
    return address(physical) | VALID.mask() | TABLE.mask();
  }

  private static long address(long physical) {
    return ADDRESS.inPlace(physical) | HIGH.inPlace(physical >>> HIGH_SHIFT);
  }

  @Override
  public RightsChecked rightsChecked() {
    return RightsChecked.AT_LEAF;
  }

  @Override
  public BlockReason failure(Check check, long entry, int level) {
    return switch (check) {
      case ADDRESS, PRESENCE -> Reason.TRANSLATION;
      case TOP_TABLE, TABLE -> Reason.WALK;
      case FIELDS -> ACCESSED.isSet(entry) ? Reason.ADDRESS_SIZE : Reason.ACCESS;
      case SKIPPED_BITS, TARGET -> throw new IllegalStateException(check.toString());
    };
  }

  @Override
  public BlockReason denied(Access access, Permissions rights) {
    return Reason.PERMISSION;
  }
}
