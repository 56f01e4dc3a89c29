// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.crashlane.model.crash.Action;
import org.crashlane.model.crash.Violation;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.crash.World;
import org.crashlane.model.spec.MachineSpec;

/**
 * A shortest way to a violation.
 *
 * @param violation what is violated at its end
 * @param actions the way, as {@link Action} has steps
 * @param trace what happens on it, one line each
 */
public record Counterexample(Violation violation, List<Integer> actions, List<String> trace) {

  public Counterexample {
    actions = List.copyOf(actions);
    trace = List.copyOf(trace);
  }

  /** Goes the way once more, listening. */
  static Counterexample of(World start, Kind kind, List<Integer> actions) {
    List<String> lines = new ArrayList<>();
    MachineSpec machine = start.plan().machine();
    World world = start.fork((_, line) -> lines.add("    " + line.get()));
    for (int action : actions) {
      lines.add("%d %s".formatted(world.step() + 1, Action.text(action, machine)));
      world.apply(action);
    }
    return new Counterexample(world.violations().first(kind).orElseThrow(), actions, lines);
  }

  /** {@return the way as users write it: actions parted by commas} */
  public String text(MachineSpec machine) {
    return actions.stream().map(a -> Action.text(a, machine)).collect(Collectors.joining(","));
  }
}
