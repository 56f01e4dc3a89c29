// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.crash.Workload;
import org.crashlane.model.crash.World;
import org.crashlane.model.explore.DocsTable.Cell;
import org.crashlane.model.explore.DocsTable.Dump;
import org.crashlane.model.hardware.Background;
import org.crashlane.rehearsal.Event;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every order of things, on every small machine under every strategy. */
final class ExplorerTest {
  private static final Background BACKGROUND = new Background(0);

  /** The drivers of the primary give each device one command: enough for all that is violated. */
  private static final Workload LITTLE = new Workload(2, 1, false, 1 << 16);

  private static List<Cell> whatTheDocsSay() throws IOException {
    return DocsTable.cells();
  }

  @ParameterizedTest
  @MethodSource("whatTheDocsSay")
  void allOrdersComeToWhatTheDocsSay(Cell docs) throws InterruptedException {
    Exploration all = explore(little(docs.mode(), docs.strategy()), 2);
    Set<Kind> violated = EnumSet.noneOf(Kind.class);
    all.counterexamples().forEach(c -> violated.add(c.violation().kind()));
    assertTrue(all.isComplete());
    assertEquals(docs.violated(), violated);
    assertEquals(docs.dump(), Dump.of(all));
  }

  @Test
  void theDocsLeaveNoMachineAndNoStrategyOut() throws IOException {
    Set<String> names = new HashSet<>();
    DocsTable.cells().forEach(cell -> assertTrue(names.add(cell.toString()), cell.toString()));
    assertEquals(MappingMode.values().length * Strategy.values().length, names.size());
  }

  /** With more of it going on than in the tests above: this is the proof. */
  @ParameterizedTest
  @EnumSource
  void noOrderOfThingsBreaksTheRuleWhereItIsKept(MappingMode mode)
      throws InterruptedException, IOException {
    Exploration all = explore(SmallMachine.plan(mode, Strategy.IDENTITY), 2);
    assertEquals(List.of(), all.counterexamples());
    assertEquals(Verdict.Answer.HOLDS, all.answer());
    assertEquals(0, all.lostCount());
    assertTrue(all.dumpCount() > 0);
    pagesHaveItsCounts(mode, all);
  }

  private static void pagesHaveItsCounts(MappingMode mode, Exploration all) throws IOException {
    String states = "%,d".formatted(all.stateCount());
    String page = Files.readString(DocsTable.DOCS.resolve("model.md"));
    String words = page.replaceAll("\\s+", " ").replace("-", "").toLowerCase(Locale.ROOT);
    assertTrue(
        words.replace(" states for ", " for ").contains(states + " for " + mode.label()),
        "docs/model.md: " + states + " states for " + mode.label());
    String row = "| %s | %s | %,d |".formatted(mode.label(), states, all.transitionCount());
    assertTrue(
        Files.readString(DocsTable.DOCS.resolve("performance.md")).contains(row),
        "docs/performance.md: " + row);
  }

  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void reservingAloneSavesNoDumpInAnyOrder(MappingMode mode) throws InterruptedException {
    Exploration all = explore(SmallMachine.plan(mode, Strategy.RESERVE), 2);
    assertTrue(all.isComplete());
    assertEquals(0, all.dumpCount());
    assertTrue(all.lostCount() > 0);
    assertTrue(counterexample(all, Kind.CAPTURE_BLOCKED).isPresent());
  }

  @ParameterizedTest
  @EnumSource
  void threadsChangeNothing(MappingMode mode) throws InterruptedException {
    CrashPlan plan = little(mode, Strategy.ABORT);
    assertEquals(explore(plan, 1), explore(plan, 3));
  }

  @Test
  void whatStopsAtALimitIsNotClean() throws InterruptedException {
    CrashPlan plan = little(MappingMode.NOMMU, Strategy.IDENTITY);
    Exploration some = Explorer.explore(plan, new ExplorerLimits(500, 2), _ -> {});
    assertFalse(some.isComplete());
    assertEquals(Verdict.Answer.UNKNOWN, some.answer());
    assertEquals(Optional.empty(), counterexample(some, Kind.CAPTURE_BLOCKED));
  }

  @Test
  void progressNeverFallsAndEndsAtTheCountOfStates() throws InterruptedException {
    AtomicLong last = new AtomicLong();
    Exploration all =
        Explorer.explore(
            little(MappingMode.VTD, Strategy.NONE),
            new ExplorerLimits(1_000_000, 2),
            count -> assertTrue(last.getAndSet(count) <= count));
    assertEquals(all.stateCount(), last.get());
  }

  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI", "GART"})
  void aCounterexampleViolatesWithItsLastStepAndNotBefore(MappingMode mode)
      throws InterruptedException {
    Exploration all = explore(little(mode, Strategy.ABORT), 2);
    assertFalse(all.counterexamples().isEmpty());
    for (Counterexample example : all.counterexamples()) {
      World world = World.boot(all.plan(), BACKGROUND, Trace.NONE);
      Kind kind = example.violation().kind();
      for (int action : example.actions()) {
        assertEquals(0, world.violations().count(kind));
        world.apply(action);
      }
      assertEquals(Optional.of(example.violation()), world.violations().first(kind));
      assertEquals(example.actions().size(), example.trace().size());
      assertTrue(example.trace().getLast().contains(new Event.Broken(example.violation().of(1))));
    }
  }

  /** Whatever is found must be found by trying at most as many steps, without any state known. */
  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "GART"})
  void noShorterWayToAViolationExists(MappingMode mode) throws InterruptedException {
    Exploration all = explore(little(mode, Strategy.ABORT), 2);
    Counterexample example = counterexample(all, Kind.LEFTOVER_IN_CRASH_RANGE).orElseThrow();
    World start = World.boot(all.plan(), BACKGROUND, Trace.NONE);
    assertFalse(reaches(start, Kind.LEFTOVER_IN_CRASH_RANGE, example.actions().size() - 1));
    assertTrue(reaches(start, Kind.LEFTOVER_IN_CRASH_RANGE, example.actions().size()));
  }

  private static boolean reaches(World world, Kind kind, int steps) {
    if (world.violations().count(kind) > 0) {
      return true;
    }
    if (steps > 0) {
      for (int action : world.enabled()) {
        World next = world.fork();
        next.apply(action);
        if (reaches(next, kind, steps - 1)) {
          return true;
        }
      }
    }
    return false;
  }

  private static CrashPlan little(MappingMode mode, Strategy strategy) {
    return SmallMachine.plan(mode, strategy).withWorkload(LITTLE);
  }

  private static Exploration explore(CrashPlan plan, int threadCount) throws InterruptedException {
    return Explorer.explore(plan, new ExplorerLimits(5_000_000, threadCount), _ -> {});
  }

  private static Optional<Counterexample> counterexample(Exploration exploration, Kind kind) {
    return exploration.counterexamples().stream()
        .filter(c -> c.violation().kind() == kind)
        .findFirst();
  }
}
