// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.BlockReason;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.paging.RequestChecks;

/**
 * What a unit checks on a request's way through page tables. Second-level entries have no present
 * bit: at each level the right comes before the reserved fields. First-level entries have one, and
 * rights are judged behind the last level.
 */
enum PagingChecks implements RequestChecks {
  /** Second-level tables in legacy mode. */
  LEGACY,
  /** Second-level tables in scalable mode, which differs in what failures are called. */
  SCALABLE,
  /** First-level tables. */
  FIRST_LEVEL;

  @Override
  public RightsChecked rightsChecked() {
    return switch (this) {
      case LEGACY, SCALABLE -> RightsChecked.BEFORE_FIELDS;
      case FIRST_LEVEL -> RightsChecked.AT_LEAF;
    };
  }

  @Override
  public BlockReason failure(Check check, long entry, int level) {
    return switch (this) {
      case LEGACY ->
          switch (check) {
            case ADDRESS -> FaultReason.ADDRESS_BEYOND_WIDTH;
            case TOP_TABLE -> FaultReason.CONTEXT_INVALID;
            case TABLE -> FaultReason.TABLE_ACCESS;
            case FIELDS -> FaultReason.ENTRY_RESERVED;
            case TARGET -> FaultReason.OUTPUT_IN_INTERRUPT_RANGE;
            case PRESENCE, SKIPPED_BITS -> throw impossible(check);
          };
      case SCALABLE ->
          switch (check) {
            case ADDRESS -> FaultReason.SECOND_LEVEL_ADDRESS;
            case TOP_TABLE -> FaultReason.SECOND_LEVEL_POINTER;
            case TABLE -> FaultReason.SECOND_LEVEL_ACCESS;
            case FIELDS -> FaultReason.SECOND_LEVEL_RESERVED;
            case TARGET -> FaultReason.SCALABLE_INTERRUPT_RANGE;
            case PRESENCE, SKIPPED_BITS -> throw impossible(check);
          };
      case FIRST_LEVEL ->
          switch (check) {
            case ADDRESS -> FaultReason.NOT_CANONICAL;
            case TOP_TABLE -> FaultReason.FIRST_LEVEL_TOP_ACCESS;
            case TABLE -> FaultReason.FIRST_LEVEL_ACCESS;
            case PRESENCE -> FaultReason.FIRST_LEVEL_NOT_PRESENT;
            case FIELDS -> FaultReason.FIRST_LEVEL_RESERVED;
            case TARGET -> FaultReason.SCALABLE_INTERRUPT_RANGE;
            case SKIPPED_BITS -> throw impossible(check);
          };
    };
  }

  private IllegalStateException impossible(Check check) {
    return new IllegalStateException(this + " tables do not fail for " + check);
  }

  @Override
  public BlockReason denied(Access access, Permissions rights) {
    boolean read = access == Access.READ;
    return switch (this) {
      case LEGACY -> read ? FaultReason.NO_READ_PERMISSION : FaultReason.NO_WRITE_PERMISSION;
      case SCALABLE -> read ? FaultReason.SCALABLE_NO_READ : FaultReason.SCALABLE_NO_WRITE;
      case FIRST_LEVEL ->
          rights.allows(Access.READ) ? FaultReason.SCALABLE_NO_WRITE : FaultReason.USER_PRIVILEGE;
    };
  }

  @Override
  public boolean blocksTarget(long physical) {
    return InterruptWindow.contains(physical);
  }

  @Override
  public boolean signExtended() {
    return this == FIRST_LEVEL;
  }
}
