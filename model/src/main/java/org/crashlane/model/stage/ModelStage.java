// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.stage;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.crashlane.model.crash.Crash;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.CrashResult;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.rehearsal.Aftermath;
import org.crashlane.rehearsal.ArmingCost;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.Observations;
import org.crashlane.rehearsal.Prediction;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Stage;
import org.crashlane.rehearsal.Tally;

/** Rehearses on a modelled machine: bit for bit, in no time that counts. */
public final class ModelStage implements Stage {
  private static final int STEPS_BEFORE_PANIC = 400;
  private static final int PAGE_BYTES = 4096;

  private final MachineSpec machine;
  private final long seed;
  private final Trace trace;

  /**
   * @param seed what happens on the machine, by chance
   */
  public ModelStage(MachineSpec machine, long seed) {
    this(machine, seed, Trace.NONE);
  }

  /**
   * @param seed what happens on the machine, by chance
   * @param trace who is told what happens
   */
  public ModelStage(MachineSpec machine, long seed, Trace trace) {
    this.machine = machine;
    this.seed = seed;
    this.trace = trace;
  }

  @Override
  public Rehearsal rehearse(Scenario scenario, Consumer<String> progress) {
    progress.accept("rehearsing " + machine.name() + ", " + scenario.label());
    CrashPlan plan = CrashPlan.of(machine, scenario.strategy());
    CrashResult result =
        new Crash(plan, new Background(seed)).random(seed, STEPS_BEFORE_PANIC, trace);
    Observations observations = observations(result);
    return new Rehearsal(
        scenario,
        result.tablesAtPanic(),
        Prediction.of(scenario.strategy(), result.tablesAtPanic()),
        observations,
        Aftermath.judge(scenario.strategy(), result.tablesAtPanic(), observations),
        Duration.ZERO,
        Duration.ZERO);
  }

  private Observations observations(CrashResult result) {
    return new Observations(
        dump(result),
        result.faults(),
        result.registerWrites(),
        List.of(),
        result.translatingAtEnd(),
        Optional.of(
            new Tally(
                result.corruptedByteCount(),
                result.leftoverThroughCount(),
                result.leftoverBlockedCount(),
                new ArmingCost(
                    result.armed().tablePageCount(),
                    result.armed().entryCount(),
                    result.armed().tableBytes(),
                    0))));
  }

  private DumpOutcome dump(CrashResult result) {
    if (!result.dumped()) {
      return new DumpOutcome.Missing(result.failure());
    }
    long pageCount = result.dumpPageCount();
    return result.isDumpRight()
        ? new DumpOutcome.Written(pageCount, machine.era().label(), pageCount * PAGE_BYTES)
        : new DumpOutcome.Damaged(result.dumpDifferingByteCount() + " bytes differ");
  }
}
