// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.stage;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.crashlane.model.crash.ArmTiming;
import org.crashlane.model.crash.Crash;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.CrashResult;
import org.crashlane.model.crash.Schedule;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.crash.World;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.kernel.NoFrameException;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.rehearsal.Aftermath;
import org.crashlane.rehearsal.Prediction;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Stage;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Verdict;

/** Crashes a model of a machine: the same machine and seed, the same rehearsal. */
public final class ModelStage implements Stage {
  /** Steps before the panic: enough for every driver to have used its ring many times over. */
  public static final int USUAL_STEPS = 600;

  private final MachineSpec machine;
  private final long seed;
  private final Trace trace;
  private final Background background;
  private final UnaryOperator<CrashPlan> change;
  private final Optional<Schedule> schedule;

  /** A stage that tells nobody what happens. */
  public ModelStage(MachineSpec machine, long seed) {
    this(machine, seed, Trace.NONE);
  }

  /**
   * @param machine what is crashed
   * @param seed decides what happens before the panic, and when leftovers come after it
   * @param trace who is told what happens
   */
  public ModelStage(MachineSpec machine, long seed, Trace trace) {
    this(machine, seed, trace, UnaryOperator.identity(), Optional.empty());
  }

  private ModelStage(
      MachineSpec machine,
      long seed,
      Trace trace,
      UnaryOperator<CrashPlan> change,
      Optional<Schedule> schedule) {
    this.machine = machine;
    this.seed = seed;
    this.trace = trace;
    this.background = new Background(seed);
    this.change = change;
    this.schedule = schedule;
  }

  /**
   * Starts the kernel of {@code machine} and no more: what its file asks for may be more than it
   * has room for.
   *
   * @throws NoFrameException saying what there is no room for
   */
  public static void start(MachineSpec machine) {
    World.boot(CrashPlan.of(machine, Strategy.NONE), new Background(0), Trace.NONE);
  }

  /** {@return the same stage, on which {@code other} is done to each plan} */
  public ModelStage changing(UnaryOperator<CrashPlan> other) {
    return new ModelStage(machine, seed, trace, other, schedule);
  }

  /** {@return the same stage, on which what happens before the panic is {@code given}} */
  public ModelStage repeating(Schedule given) {
    return new ModelStage(machine, seed, trace, change, Optional.of(given));
  }

  @Override
  public Rehearsal rehearse(Scenario scenario, Consumer<String> progress) {
    progress.accept("crashing " + machine.name() + ", " + scenario.label());
    long started = System.nanoTime();
    CrashPlan plan = plan(scenario);
    Crash crash = new Crash(plan, background);
    CrashResult result =
        schedule.isPresent()
            ? crash.replay(schedule.get(), trace)
            : crash.random(seed, USUAL_STEPS, trace);
    Duration took = Duration.ofNanos(System.nanoTime() - started);
    return rehearsal(onMachine(scenario), plan.timing(), result, took);
  }

  /** {@return the scenario, with old tables taken over as the machine's description says} */
  private Scenario onMachine(Scenario scenario) {
    return scenario.adopting(machine.spec(ModeSpec.class).adoption());
  }

  /**
   * {@return what comes of each of {@code scenarios}, as {@link #rehearse(Scenario, Consumer)} has
   * it} What is the same of several until the panic happens once. Nobody is told what happens.
   */
  public List<Rehearsal> rehearse(List<Scenario> scenarios) {
    if (schedule.isPresent() || trace.isListening()) {
      return scenarios.stream().map(scenario -> rehearse(scenario, _ -> {})).toList();
    }
    long started = System.nanoTime();
    List<CrashPlan> plans = scenarios.stream().map(this::plan).toList();
    List<CrashResult> results = Crash.random(plans, background, seed, USUAL_STEPS);
    Duration took = Duration.ofNanos((System.nanoTime() - started) / scenarios.size());
    return IntStream.range(0, plans.size())
        .mapToObj(i ->
            rehearsal(onMachine(scenarios.get(i)), plans.get(i).timing(), results.get(i), took))
        .toList();
  }

  /**
   * {@return the crash that {@code scenario} stands for} A hand outside comes late, and cannot tell
   * the primary's allocator.
   */
  public CrashPlan plan(Scenario scenario) {
    CrashPlan plan = change.apply(CrashPlan.of(machine, scenario.strategy()));
    return isOutside(scenario) ? plan.withTiming(ArmTiming.UNRESERVED) : plan;
  }

  private static boolean isOutside(Scenario scenario) {
    return scenario.hand().filter(h -> h == Scenario.HandKind.OUTSIDE).isPresent();
  }

  /** {@return what {@code result} says, in the terms of every stage} */
  public static Rehearsal rehearsal(
      Scenario scenario, ArmTiming timing, CrashResult result, Duration took) {
    Strategy strategy = scenario.strategy();
    Verdict verdict =
        ViolationFindings.added(
            Aftermath.judge(strategy, result.tablesAtPanic(), result.seen()), strategy, result);
    return new Rehearsal(
        scenario,
        result.tablesAtPanic(),
        Prediction.of(strategy, result.tablesAtPanic()),
        result.seen(),
        timing == ArmTiming.UNRESERVED ? ViolationFindings.unreserved(verdict, result) : verdict,
        took,
        took);
  }
}
