// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Mapping;

/**
 * What arming did.
 *
 * @param cost what it took; who has it done counts the steps
 * @param conflicts what was in the way: IOVAs in the crash range that a driver holds (A4)
 * @param refusals why a table was not armed, conflicts apart
 */
public record ArmReport(ArmingCost cost, List<Mapping> conflicts, List<Reason> refusals) {

  /** There is nothing to arm in this mode. */
  public static final ArmReport NOTHING_NEEDED =
      new ArmReport(ArmingCost.NONE, List.of(), List.of());

  public ArmReport {
    conflicts = List.copyOf(conflicts);
    refusals = List.copyOf(refusals);
  }

  /** {@return the same, having taken so many stores and register accesses} */
  public ArmReport withStepCount(long count) {
    return new ArmReport(
        new ArmingCost(cost.tablePageCount(), cost.entryCount(), cost.tableBytes(), count),
        conflicts,
        refusals);
  }

  /** {@return true if all that was asked for is armed} */
  public boolean isComplete() {
    return conflicts.isEmpty() && refusals.isEmpty();
  }
}
