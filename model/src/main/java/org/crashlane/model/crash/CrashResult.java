// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.model.hardware.Page;
import org.crashlane.rehearsal.ArmReport;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.IommuMemory.Changed;
import org.crashlane.rehearsal.Observations;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Verdict;

/**
 * What came of one crash.
 *
 * @param dumped true if the capture kernel wrote all of the dump, right or wrong
 * @param failure why it did not; empty if it did
 * @param tablesAtPanic the rule's verdict on the tables as they stood at the panic
 * @param violations what was violated
 * @param armed what arming did
 * @param seen what was measured, in the terms of every stage
 * @param stepCount how many steps it took
 * @param schedule what happened before the panic
 */
public record CrashResult(
    boolean dumped,
    List<Evidence> failure,
    Verdict tablesAtPanic,
    Violations violations,
    ArmReport armed,
    Observations seen,
    long stepCount,
    Schedule schedule) {

  static CrashResult of(World world, Verdict tablesAtPanic, Schedule schedule) {
    CaptureKernel capture = world.capture().orElseThrow();
    return new CrashResult(
        capture.stage() == CaptureKernel.Stage.DONE,
        capture.failure(),
        tablesAtPanic,
        world.violations(),
        world.primary().armed(),
        observations(world, dump(world, capture)),
        world.step(),
        schedule);
  }

  private static Observations observations(World world, DumpOutcome dump) {
    Seen seen = world.seen();
    return new Observations(
        dump,
        seen.faults(),
        seen.registerWrites(),
        seen.touches(),
        world.remapper().isTranslating(),
        seen.counts(world.primary().armed().cost()));
  }

  private static DumpOutcome dump(World world, CaptureKernel capture) {
    if (capture.stage() != CaptureKernel.Stage.DONE) {
      return capture.isOutOfMemory()
          ? new DumpOutcome.NoRoom(capture.failure().getFirst())
          : new DumpOutcome.Missing(capture.failure());
    }
    if (!world.seen().isOwnAloneDifferent()) {
      return new DumpOutcome.Damaged(damage(world.seen()));
    }
    List<Changed> own = world.seen().ownDiffering();
    long pageCount = world.dumpMap().pageCount();
    long equal = pageCount - own.stream().mapToLong(Changed::pageCount).sum();
    DumpOutcome.Written written =
        new DumpOutcome.Written(equal, "the model", pageCount * Page.BYTES);
    return own.isEmpty() ? written : new DumpOutcome.WrittenBut(written, own);
  }

  private static List<Evidence> damage(Seen seen) {
    List<Evidence> damage = new ArrayList<>();
    damage.add(new Amount(Quantity.BYTES_OF_DUMP_DIFFERENT, seen.dumpDifferingByteCount()));
    long own = seen.dumpChangedByCaptureByteCount();
    if (own != 0) {
      damage.add(new Amount(Quantity.BYTES_OF_DUMP_WRITTEN_BY_CAPTURE, own));
    }
    return damage;
  }
}
