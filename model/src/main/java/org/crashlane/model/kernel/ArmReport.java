// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import java.util.List;
import org.crashlane.iommu.Mapping;

/**
 * What arming did.
 *
 * @param tablePageCount table pages that were taken
 * @param entryCount entries that were written, of all sizes
 * @param tableBytes size of what was written: entries in tables that were there already, and pages
 *     that were taken
 * @param conflicts what stood in the way: IOVAs in the crash range that a driver holds (A4)
 * @param refusals why a table was not armed, one line each, conflicts apart
 */
public record ArmReport(
    long tablePageCount,
    long entryCount,
    long tableBytes,
    List<Mapping> conflicts,
    List<String> refusals) {

  /** There is nothing to arm in this mode. */
  public static final ArmReport NOTHING_NEEDED = new ArmReport(0, 0, 0, List.of(), List.of());

  public ArmReport {
    conflicts = List.copyOf(conflicts);
    refusals = List.copyOf(refusals);
  }

  /** {@return true if all that was asked for is armed} */
  public boolean isComplete() {
    return conflicts.isEmpty() && refusals.isEmpty();
  }
}
