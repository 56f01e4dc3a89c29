// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;

/**
 * Looks for mistakes as users would: by crashing machines that are set up by the rule. A mistake is
 * caught by what the same crash of a sound kernel does not show.
 */
public final class FaultHunt {
  private static final ExplorerLimits LIMITS = new ExplorerLimits(100_000, 1);

  private final Map<Run, Shown> sound = new HashMap<>();

  /** A hunt that has not crashed anything yet. */
  public FaultHunt() {
    // sound kernels are crashed as they are needed
  }

  /** One crash. */
  private record Run(Ground ground, long seed) {}

  /** What a crash shows, by kind. */
  private record Shown(Set<Violation.Kind> violations, Set<FindingCode> findings) {}

  /**
   * {@return what gives {@code fault} away; nothing if all hunts miss it}
   *
   * @throws InterruptedException if the thread is interrupted
   */
  public Optional<Catch> hunt(SeededFault fault) throws InterruptedException {
    for (Ground ground : Ground.of(fault.mode())) {
      for (long seed = 1; seed <= ground.seedCount(); seed++) {
        Optional<Catch> caught = crash(new Run(ground, seed), fault.sabotage());
        if (caught.isPresent()) {
          return caught;
        }
      }
    }
    return explore(fault.mode(), fault.sabotage());
  }

  private Optional<Catch> crash(Run run, Sabotage sabotage) {
    Shown usual = sound.computeIfAbsent(run, r -> shown(result(r, Sabotage.NONE)));
    CrashResult result = result(run, sabotage);
    long panic = result.schedule().actions().size();
    return violation(run, result, usual, 0, panic)
        .or(() -> tables(run, result, usual, panic))
        .or(() -> violation(run, result, usual, panic, Long.MAX_VALUE));
  }

  /** {@return the first new violation after one step and before another} */
  private static Optional<Catch> violation(
      Run run, CrashResult result, Shown usual, long after, long before) {
    return result.violations().all().stream()
        .filter(v -> !usual.violations().contains(v.kind()))
        .filter(v -> v.step() > after && v.step() < before)
        .min(Comparator.comparingLong(Violation::step))
        .map(v ->
            new Catch(Catch.By.CRASH, run.ground().name(), run.seed(), v.step(), v.toString()));
  }

  private static Optional<Catch> tables(Run run, CrashResult result, Shown usual, long panic) {
    return result.tablesAtPanic().findings().stream()
        .filter(f -> f.severity() == Severity.BROKEN && !usual.findings().contains(f.code()))
        .findFirst()
        .map(f ->
            new Catch(Catch.By.TABLES, run.ground().name(), run.seed(), panic, line(f)));
  }

  private static String line(Finding finding) {
    return finding.code() + " " + finding.subject() + " " + finding.evidence();
  }

  private static CrashResult result(Run run, Sabotage sabotage) {
    CrashPlan plan = run.ground().plan().withSabotage(sabotage);
    return new Crash(plan, new Background(run.seed()))
        .random(run.seed(), run.ground().stepCount(), Trace.NONE);
  }

  private static Shown shown(CrashResult result) {
    Set<Violation.Kind> violations = EnumSet.noneOf(Violation.Kind.class);
    result.violations().all().forEach(v -> violations.add(v.kind()));
    Set<FindingCode> findings = EnumSet.noneOf(FindingCode.class);
    result.tablesAtPanic().findings().stream()
        .filter(f -> f.severity() == Severity.BROKEN)
        .forEach(f -> findings.add(f.code()));
    return new Shown(violations, findings);
  }

  /** A sound kernel shows nothing at all to the explorer: its own test says so. */
  private static Optional<Catch> explore(MappingMode mode, Sabotage sabotage)
      throws InterruptedException {
    CrashPlan plan = SmallMachine.plan(mode, Strategy.IDENTITY).withSabotage(sabotage);
    Exploration all = Explorer.explore(plan, LIMITS, _ -> {});
    Optional<Counterexample> first = all.counterexamples().stream().findFirst();
    return first.map(c ->
        new Catch(
            Catch.By.EXPLORER,
            plan.machine().name(),
            0,
            c.actions().size(),
            c.violation().toString()));
  }
}
