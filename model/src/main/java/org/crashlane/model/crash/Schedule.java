// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import org.crashlane.model.spec.MachineSpec;

/**
 * What happens before the panic, in order, and the panic. What follows takes its course: the
 * capture kernel and its disk go on whenever they can, leftovers come between them by the seed.
 *
 * @param actions as {@link Action} has them; what is not possible when its turn comes is left out
 * @param seed decides when leftovers come
 */
public record Schedule(List<Integer> actions, long seed) {
  /** One in so many steps after the panic is a leftover's. */
  private static final int LEFTOVER_ODDS = 16;

  /** Starting a kernel takes seconds: as many steps of leftovers, at most. */
  private static final int LEFTOVERS_BEFORE_MAX = 16;

  /** How seldom the watchdog looks. */
  private static final int WATCHDOG_ODDS = 64;

  public Schedule {
    actions = List.copyOf(actions);
  }

  /** What came of one. */
  public interface AtPanic {
    /** Called once, right after the panic, before anything else happens. */
    void panicked(World world);
  }

  /**
   * Lets things happen by chance and then panics the primary.
   *
   * @param world where; it is changed
   * @param stepCount how many steps before the panic
   * @return what happened, to be repeated
   */
  public static Schedule random(World world, long seed, int stepCount, AtPanic atPanic) {
    List<Integer> before = beforePanic(world, seed, stepCount);
    return panic(world, before, seed, atPanic);
  }

  /** Lets things happen by chance, but no panic, and {@return what happened} */
  static List<Integer> beforePanic(World world, long seed, int stepCount) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Integer> actions = new ArrayList<>();
    int armAt = random.nextInt(Math.max(1, stepCount));
    for (int i = 0; i < stepCount; i++) {
      int[] enabled = world.enabled();
      int[] usual = only(enabled, a -> isUsual(Action.kind(a), random));
      boolean arm = i >= armAt && has(enabled, Action.of(Action.Kind.ARM));
      if (usual.length == 0 && !arm) {
        break;
      }
      int action = arm ? Action.of(Action.Kind.ARM) : usual[random.nextInt(usual.length)];
      actions.add(action);
      world.apply(action);
    }
    return actions;
  }

  /** Panics the primary after {@code before}, and {@return all that happened, to be repeated} */
  static Schedule panic(World world, List<Integer> before, long seed, AtPanic atPanic) {
    List<Integer> actions = new ArrayList<>(before);
    actions.add(Action.of(Action.Kind.PANIC));
    world.apply(Action.of(Action.Kind.PANIC));
    atPanic.panicked(world);
    takeCourse(world, new SplittableRandom(seed));
    return new Schedule(actions, seed);
  }

  private static boolean isUsual(Action.Kind kind, SplittableRandom random) {
    return switch (kind) {
      case POST, REAP, STEP, REPORT, FIRMWARE -> true;
      case WATCHDOG -> random.nextInt(WATCHDOG_ODDS) == 0;
      case ARM, PANIC, CAPTURE -> false;
    };
  }

  /** Lets the same happen again in {@code world}, leaving out what is not possible. */
  public void replay(World world, AtPanic atPanic) {
    for (int action : actions) {
      if (!world.isCrashed() && has(world.enabled(), action)) {
        world.apply(action);
      }
    }
    if (!world.isCrashed()) {
      world.apply(Action.of(Action.Kind.PANIC));
    }
    atPanic.panicked(world);
    takeCourse(world, new SplittableRandom(seed));
  }

  /** Before the capture kernel is up, a while passes in which only leftovers happen. */
  private static void takeCourse(World world, SplittableRandom random) {
    for (int left = random.nextInt(LEFTOVERS_BEFORE_MAX); left > 0; left--) {
      int[] leftovers = leftovers(world);
      if (leftovers.length > 0) {
        world.apply(leftovers[random.nextInt(leftovers.length)]);
      }
    }
    while (!world.isOver()) {
      int[] enabled = world.enabled();
      int[] leftovers = only(enabled, a -> isLeftover(world, a));
      int[] own = only(enabled, a -> !isLeftover(world, a));
      boolean leftover =
          leftovers.length > 0 && (own.length == 0 || random.nextInt(LEFTOVER_ODDS) == 0);
      int[] choice = leftover ? leftovers : own;
      if (choice.length == 0) {
        throw new IllegalStateException("nothing can happen, and the capture kernel waits");
      }
      world.apply(choice[random.nextInt(choice.length)]);
    }
  }

  private static int[] leftovers(World world) {
    return Arrays.stream(world.enabled()).filter(a -> isLeftover(world, a)).toArray();
  }

  private static boolean isLeftover(World world, int action) {
    return switch (Action.kind(action)) {
      case REPORT, FIRMWARE -> true;
      case STEP -> !world.device(Action.device(action)).worksForCapture();
      case POST, REAP, WATCHDOG, ARM, PANIC, CAPTURE -> false;
    };
  }

  private static int[] only(int[] actions, IntPredicate wanted) {
    int[] found = new int[actions.length];
    int count = 0;
    for (int action : actions) {
      if (wanted.test(action)) {
        found[count++] = action;
      }
    }
    return Arrays.copyOf(found, count);
  }

  private static boolean has(int[] enabled, int action) {
    for (int other : enabled) {
      if (other == action) {
        return true;
      }
    }
    return false;
  }

  /** {@return as users write it: actions parted by commas} */
  public String text(MachineSpec machine) {
    return actions.isEmpty()
        ? Action.text(Action.of(Action.Kind.PANIC), machine)
        : actions.stream().map(a -> Action.text(a, machine)).collect(Collectors.joining(","));
  }

  /**
   * Reads what {@link #text} writes.
   *
   * @throws IllegalArgumentException saying what is wrong with {@code text}
   */
  public static Schedule parse(String text, long seed, MachineSpec machine) {
    return new Schedule(
        Arrays.stream(text.split(",", -1)).map(a -> Action.parse(a.strip(), machine)).toList(),
        seed);
  }
}
