// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.List;
import org.crashlane.model.kernel.ArmReport;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Verdict;

/**
 * What came of one crash.
 *
 * @param dumped true if the capture kernel wrote all of the dump; whether it is right, violations
 *     tell
 * @param dumpPageCount pages of memory that a whole dump has
 * @param failure why it did not; empty if it did
 * @param outOfMemory true if that is because the crash range is too small for it
 * @param tablesAtPanic the rule's verdict on the tables as they stood at the panic
 * @param violations what was violated
 * @param armed what arming did and cost
 * @param armingStepCount stores and register accesses that it took
 * @param corruptedByteCount bytes of memory that DMA changed where no driver had mapped it so
 * @param dumpDifferingByteCount bytes of the dump that are not what they were at the panic
 * @param dumpChangedByCaptureByteCount how many of these are in pages that the capture kernel wrote
 *     itself: the tables that it took over
 * @param changedByLeftoversByteCount bytes of the dump that leftover DMA changed, rightly by the
 *     primary's mappings
 * @param leftoverThroughCount leftover transfers that reached memory
 * @param leftoverBlockedCount leftover transfers that were blocked
 * @param captureBlockedCount transfers of the capture kernel that were blocked
 * @param faults the first requests blocked after the panic
 * @param touches what the capture kernel touched that is not its own, the first of it
 * @param registerWrites what it wrote to registers of IOMMUs, the first of it
 * @param translatingAtEnd whether the IOMMU translated when the capture kernel was through
 * @param stepCount how many steps it took
 * @param schedule what happened before the panic
 */
public record CrashResult(
    boolean dumped,
    long dumpPageCount,
    String failure,
    boolean outOfMemory,
    Verdict tablesAtPanic,
    Violations violations,
    ArmReport armed,
    long armingStepCount,
    long corruptedByteCount,
    long dumpDifferingByteCount,
    long dumpChangedByCaptureByteCount,
    long changedByLeftoversByteCount,
    long leftoverThroughCount,
    long leftoverBlockedCount,
    long captureBlockedCount,
    List<Evidence> faults,
    List<Evidence> touches,
    List<Evidence> registerWrites,
    boolean translatingAtEnd,
    long stepCount,
    Schedule schedule) {

  static CrashResult of(World world, Verdict tablesAtPanic, Schedule schedule) {
    CaptureKernel capture = world.capture().orElseThrow();
    Tally tally = world.tally();
    return new CrashResult(
        capture.stage() == CaptureKernel.Stage.DONE,
        world.dumpMap().pageCount(),
        capture.failure(),
        capture.isOutOfMemory(),
        tablesAtPanic,
        world.violations(),
        world.primary().armed(),
        world.primary().armingStepCount(),
        tally.corruptedByteCount(),
        tally.dumpDifferingByteCount(),
        tally.dumpChangedByCaptureByteCount(),
        tally.changedByLeftoversByteCount(),
        tally.leftoverThroughCount(),
        tally.leftoverBlockedCount(),
        tally.captureBlockedCount(),
        tally.faults(),
        tally.touches(),
        tally.registerWrites(),
        world.remapper().isTranslating(),
        world.step(),
        schedule);
  }

  /** {@return true if there is a dump and it is right} */
  public boolean isDumpRight() {
    return dumped && dumpDifferingByteCount == 0;
  }
}
