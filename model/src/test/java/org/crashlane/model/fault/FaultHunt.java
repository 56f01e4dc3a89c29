// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import java.util.Comparator;
import java.util.Optional;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.model.crash.Crash;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.CrashResult;
import org.crashlane.model.crash.Sabotage;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.crash.Violation;
import org.crashlane.model.explore.Counterexample;
import org.crashlane.model.explore.Exploration;
import org.crashlane.model.explore.Explorer;
import org.crashlane.model.explore.ExplorerLimits;
import org.crashlane.model.explore.SmallMachine;
import org.crashlane.model.hardware.Background;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Finding;
import org.crashlane.rule.Severity;

/**
 * Looks for mistakes as users would: by crashing machines that are set up by the rule. In none of
 * these crashes does a sound kernel show anything, so that whatever shows is the mistake's.
 */
public final class FaultHunt {
  private static final ExplorerLimits LIMITS = new ExplorerLimits(100_000, 1);

  private FaultHunt() {}

  /**
   * {@return what gives {@code fault} away; nothing if all hunts miss it} Crashes come first, and
   * the explorer where they show nothing.
   *
   * @throws InterruptedException if the thread is interrupted
   */
  public static Optional<Detection> hunt(SeededFault fault) throws InterruptedException {
    Optional<Detection> crashed = crash(fault.mode(), fault.sabotage());
    return crashed.isPresent() ? crashed : explore(fault.mode(), fault.sabotage());
  }

  /** {@return what crashes of machines of {@code mode} show first; nothing if none shows any} */
  static Optional<Detection> crash(MappingMode mode, Sabotage sabotage) {
    for (TrialMachine ground : TrialMachine.of(mode)) {
      for (long seed = 1; seed <= ground.seedCount(); seed++) {
        Optional<Detection> caught = crash(ground, seed, sabotage);
        if (caught.isPresent()) {
          return caught;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Detection> crash(TrialMachine ground, long seed, Sabotage sabotage) {
    CrashPlan plan = ground.plan().withSabotage(sabotage);
    Crash crash = new Crash(plan, new Background(seed));
    try {
      return shown(plan, seed, crash.random(seed, ground.stepCount(), Trace.NONE));
    } catch (UnreadableMemoryException e) {
      // A driver that follows an entry to where no memory is would not have lived on either.
      String machine = plan.machine().name();
      return Optional.of(new Detection(Detection.By.DRIVER, machine, seed, 0, e.getMessage()));
    }
  }

  private static Optional<Detection> shown(CrashPlan plan, long seed, CrashResult result) {
    long panic = result.schedule().actions().size();
    Optional<Detection> tables =
        result.tablesAtPanic().findings().stream()
            .filter(finding -> finding.severity() == Severity.BROKEN)
            .findFirst()
            .map(f ->
                new Detection(Detection.By.TABLES, plan.machine().name(), seed, panic, line(f)));
    Optional<Detection> violation =
        result.violations().all().stream()
            .min(Comparator.comparingLong(Violation::step))
            .map(v ->
                new Detection(
                    Detection.By.CRASH, plan.machine().name(), seed, v.step(), v.toString()));
    return violation.filter(v -> v.step() <= panic).or(() -> tables).or(() -> violation);
  }

  private static String line(Finding finding) {
    return finding.code() + " " + finding.subject() + " " + finding.evidence();
  }

  /** {@return the first that all orders of things on a small machine show; a shortest way} */
  static Optional<Detection> explore(MappingMode mode, Sabotage sabotage)
      throws InterruptedException {
    CrashPlan plan = SmallMachine.plan(mode, Strategy.IDENTITY).withSabotage(sabotage);
    Exploration all = Explorer.explore(plan, LIMITS, _ -> {});
    Optional<Counterexample> first =
        all.counterexamples().stream().min(Comparator.comparingInt(c -> c.actions().size()));
    return first.map(c ->
        new Detection(
            Detection.By.EXPLORER,
            plan.machine().name(),
            0,
            c.actions().size(),
            c.violation().toString()));
  }
}
