// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import java.util.List;
import java.util.Optional;
import org.crashlane.model.crash.Crash;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.CrashResult;
import org.crashlane.model.crash.Schedule;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.crash.Violation;
import org.crashlane.model.hardware.Background;

/**
 * One crash that went wrong, and how to see the same again with less.
 *
 * @param seed what decided by chance
 * @param violation the worst that was violated, as it shows in the shrunk run
 * @param shrunk as little as is needed before the panic for it to happen
 */
public record Failure(long seed, Violation violation, Schedule shrunk) {

  /** What is worse comes first: what is lost or spoilt, before what only broke the rule. */
  private static final List<Violation.Kind> WORST_FIRST =
      List.of(
          Violation.Kind.PRIMARY_DATA,
          Violation.Kind.PRIMARY_ASTRAY,
          Violation.Kind.PRIMARY_BLOCKED,
          Violation.Kind.MAPPED_TWICE,
          Violation.Kind.LEFTOVER_IN_CRASH_RANGE,
          Violation.Kind.DUMP_DIFFERS,
          Violation.Kind.CAPTURE_ASTRAY,
          Violation.Kind.CAPTURE_BLOCKED,
          Violation.Kind.CAPTURE_UNMAPPABLE,
          Violation.Kind.READ_THROUGH_APERTURE,
          Violation.Kind.LEFTOVER_ASTRAY,
          Violation.Kind.HANDED_OUT_ARMED,
          Violation.Kind.LEFTOVER_IOVA_IN_CRASH_RANGE,
          Violation.Kind.IOMMU_TOUCHED);

  /**
   * {@return the worst that goes wrong when {@code plan} is crashed by {@code seed}, shrunk;
   * nothing if nothing does}
   *
   * @param stepCount steps before the panic
   */
  public static Optional<Failure> of(CrashPlan plan, long seed, int stepCount) {
    Crash crash = new Crash(plan, new Background(seed));
    CrashResult result = crash.random(seed, stepCount, Trace.NONE);
    return WORST_FIRST.stream()
        .flatMap(kind -> result.violations().first(kind).stream())
        .findFirst()
        .map(worst -> shrunk(crash, seed, worst.kind(), result.schedule()));
  }

  private static Failure shrunk(Crash crash, long seed, Violation.Kind kind, Schedule schedule) {
    Schedule shrunk = new Shrinker(crash, kind).shrink(schedule);
    Violation again = crash.replay(shrunk, Trace.NONE).violations().first(kind).orElseThrow();
    return new Failure(seed, again, shrunk);
  }
}
