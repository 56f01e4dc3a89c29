// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import org.crashlane.model.crash.Action;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.crash.World;
import org.crashlane.model.hardware.Background;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The explorer takes states with the same fingerprint for one, and looks at what follows only once.
 * That is right only if nothing that decides what follows is missing in it.
 */
final class FingerprintTest {
  private static final Background BACKGROUND = new Background(0);
  private static final int WALKS = 6;
  private static final int TWINS = 250;
  private static final int TWIN_STEPS = 12;

  @ParameterizedTest
  @EnumSource
  void copiesThatGoTheSameWayStayTheSame(MappingMode mode) {
    for (Strategy strategy : Strategy.values()) {
      for (int seed = 0; seed < WALKS; seed++) {
        SplittableRandom random = new SplittableRandom(seed);
        World one = start(mode, strategy);
        while (!one.isOver()) {
          World other = one.fork();
          int[] enabled = one.enabled();
          int action = enabled[random.nextInt(enabled.length)];
          one.apply(action);
          World untouched = other.fork();
          long before = other.fingerprint();
          other.apply(action);
          String where = strategy + ", seed " + seed + ", step " + one.step();
          assertEquals(one.fingerprint(), other.fingerprint(), where);
          assertArrayEquals(one.enabled(), other.enabled(), where);
          assertEquals(before, untouched.fingerprint(), where);
        }
      }
    }
  }

  /** States reached in two ways that pass for one go on alike, step by step. */
  @ParameterizedTest
  @EnumSource
  void whatPassesForTheSameBehavesTheSame(MappingMode mode) {
    for (Strategy strategy : Strategy.values()) {
      SplittableRandom random = new SplittableRandom(1);
      Map<Long, World> known = new HashMap<>();
      Queue<World> next = new ArrayDeque<>();
      next.add(start(mode, strategy));
      int twins = 0;
      while (twins < TWINS && !next.isEmpty()) {
        World world = next.remove();
        for (int action : world.enabled()) {
          World child = world.fork();
          child.apply(action);
          World twin = known.putIfAbsent(child.fingerprint(), child);
          if (twin == null) {
            next.add(child);
          } else {
            twins++;
            goOnAlike(twin.fork(), child.fork(), random);
          }
        }
      }
      assertEquals(TWINS, Math.min(twins, TWINS), "few ways meet: " + strategy);
    }
  }

  private static void goOnAlike(World one, World other, SplittableRandom random) {
    for (int step = 0; step < TWIN_STEPS; step++) {
      int[] enabled = one.enabled();
      assertArrayEquals(enabled, other.enabled());
      assertEquals(one.isOver(), other.isOver());
      if (enabled.length == 0) {
        assertEquals(one.isDumpRight(), other.isDumpRight());
        return;
      }
      int action = enabled[random.nextInt(enabled.length)];
      Map<Kind, Long> oneBefore = counts(one);
      Map<Kind, Long> otherBefore = counts(other);
      one.apply(action);
      other.apply(action);
      assertEquals(one.fingerprint(), other.fingerprint());
      for (Kind kind : Kind.values()) {
        assertEquals(
            one.violations().count(kind) - oneBefore.get(kind),
            other.violations().count(kind) - otherBefore.get(kind),
            kind.meaning());
      }
    }
  }

  private static Map<Kind, Long> counts(World world) {
    Map<Kind, Long> counts = new HashMap<>();
    for (Kind kind : Kind.values()) {
      counts.put(kind, world.violations().count(kind));
    }
    return counts;
  }

  /** No driver and no device takes a step that leaves no mark, else ways would be cut off. */
  @ParameterizedTest
  @EnumSource
  void everyStepOfADriverOrTheCaptureKernelIsSeen(MappingMode mode) {
    World world = start(mode, Strategy.IDENTITY);
    SplittableRandom random = new SplittableRandom(1);
    Set<String> seen = new HashSet<>();
    while (!world.isOver()) {
      int[] enabled = world.enabled();
      int action = enabled[random.nextInt(enabled.length)];
      String name = world.plan().machine().name();
      long before = world.fingerprint();
      world.apply(action);
      switch (Action.kind(action)) {
        case POST, REAP, STEP, PANIC, CAPTURE -> {
          assertNotEquals(before, world.fingerprint(), name);
          seen.add(Action.kind(action).name());
        }
        case REPORT, WATCHDOG, ARM, FIRMWARE -> {
          // What is written may be what is there.
        }
      }
    }
    assertTrue(seen.contains("CAPTURE"));
  }

  private static World start(MappingMode mode, Strategy strategy) {
    CrashPlan plan = SmallMachine.plan(mode, strategy);
    return World.boot(plan, BACKGROUND, Trace.NONE);
  }
}
