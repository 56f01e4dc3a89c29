// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.crash.Violation;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.crash.Violations;
import org.crashlane.model.crash.World;
import org.crashlane.model.hardware.Background;

/**
 * Tries every order in which things can happen on a small machine, step by step, each state once.
 * The first way found to a violation is therefore a shortest one. On several threads, with the same
 * result as on one.
 */
public final class Explorer {
  /** States that are worked on at once; bounds what is held in memory besides the frontier. */
  private static final int BLOCK_STATES = 2048;

  private final World start;
  private final ExplorerLimits limits;
  private final Paths paths = new Paths();
  private final Map<Kind, Integer> found = new EnumMap<>(Kind.class);
  private StateSet visited = new StateSet();
  private long transitionCount;
  private long dumpCount;
  private long lostCount;

  private Explorer(World start, ExplorerLimits limits) {
    this.start = start;
    this.limits = limits;
  }

  /** One step from a known state. */
  private record Child(World world, long fingerprint, int parent, int action) {}

  /** States that are worked on, by the parts that the threads have of them. */
  private record Block(List<Future<List<Child>>> parts) {

    /** {@return all that follows, in order, once it is there} */
    List<Child> children() throws InterruptedException {
      List<Child> all = new ArrayList<>();
      for (Future<List<Child>> part : parts) {
        try {
          all.addAll(part.get());
        } catch (ExecutionException e) {
          throw new IllegalStateException("exploring failed", e.getCause());
        }
      }
      return all;
    }
  }

  /**
   * {@return what all orders of {@code plan} lead to}
   *
   * @param progress told the number of states so far, now and then
   */
  public static Exploration explore(CrashPlan plan, ExplorerLimits limits, Consumer<Long> progress)
      throws InterruptedException {
    World start = World.boot(plan, new Background(0), Trace.NONE);
    try (ExecutorService threads = Executors.newFixedThreadPool(limits.threadCount())) {
      return new Explorer(start, limits).run(threads, progress);
    }
  }

  private Exploration run(ExecutorService threads, Consumer<Long> progress)
      throws InterruptedException {
    List<World> frontier = List.of(start);
    int firstId = paths.add(Paths.NONE, 0);
    visited.add(start.fingerprint());
    note(start, firstId);
    int depth = 0;
    while (!frontier.isEmpty() && visited.size() < limits.stateCountMax()) {
      List<World> next = new ArrayList<>();
      int nextId = paths.size();
      Block block = expand(threads, frontier, 0, firstId);
      for (int from = 0; from < frontier.size(); from += BLOCK_STATES) {
        // The threads go on with the next block while this one is merged.
        Block ahead = expand(threads, frontier, from + BLOCK_STATES, firstId);
        for (Child child : block.children()) {
          merge(child, next);
        }
        block = ahead;
        progress.accept(visited.size());
        if (visited.size() >= limits.stateCountMax()) {
          break;
        }
      }
      frontier = next;
      firstId = nextId;
      depth++;
    }
    return new Exploration(
        start.plan(),
        visited.size(),
        transitionCount,
        depth,
        frontier.isEmpty(),
        dumpCount,
        lostCount,
        counterexamples());
  }

  /** {@return what the threads are to do with the block of {@code frontier} that begins there} */
  private Block expand(ExecutorService threads, List<World> frontier, int first, int firstId) {
    int end = Math.min(frontier.size(), first + BLOCK_STATES);
    int share = Math.max(1, (end - first + limits.threadCount() - 1) / limits.threadCount());
    List<Future<List<Child>>> parts = new ArrayList<>();
    for (int from = first; from < end; from += share) {
      List<World> part = frontier.subList(from, Math.min(end, from + share));
      int id = firstId + from;
      parts.add(threads.submit(() -> children(part, id)));
    }
    return new Block(parts);
  }

  private static List<Child> children(List<World> worlds, int firstId) {
    List<Child> children = new ArrayList<>();
    for (int i = 0; i < worlds.size(); i++) {
      for (int action : worlds.get(i).enabled()) {
        World world = worlds.get(i).fork();
        world.apply(action);
        children.add(new Child(world, world.fingerprint(), firstId + i, action));
      }
    }
    return children;
  }

  private void merge(Child child, List<World> next) {
    transitionCount++;
    boolean isNew = visited.add(child.fingerprint());
    boolean violates = isUnknown(child.world().violations());
    if (!isNew && !violates) {
      return;
    }
    if (isNew) {
      int id = paths.add(child.parent(), child.action());
      next.add(child.world());
      note(child.world(), id);
    } else {
      // A known state, but reached by a step that does what must not be done.
      paths.addAside(child.parent(), child.action());
      noteViolations(child.world(), paths.lastAside());
    }
  }

  private boolean isUnknown(Violations violations) {
    return !violations.isEmpty()
        && violations.all().stream().anyMatch(v -> !found.containsKey(v.kind()));
  }

  private void note(World world, int id) {
    noteViolations(world, id);
    if (world.isOver()) {
      if (world.isDumpRight()) {
        dumpCount++;
      } else {
        lostCount++;
      }
    }
  }

  private void noteViolations(World world, int id) {
    for (Violation violation : world.violations().all()) {
      found.putIfAbsent(violation.kind(), id);
    }
  }

  private List<Counterexample> counterexamples() {
    List<Counterexample> all = new ArrayList<>();
    found.forEach((kind, id) -> all.add(Counterexample.of(start, kind, paths.to(id))));
    return all;
  }
}
