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
import org.crashlane.rehearsal.Event;

/**
 * A shortest way to a violation.
 *
 * @param violation what is violated at its end
 * @param actions the way, as {@link Action} has steps
 * @param trace what happens with each of them
 */
public record Counterexample(Violation violation, List<Integer> actions, List<List<Event>> trace) {

  public Counterexample {
    actions = List.copyOf(actions);
    trace = trace.stream().map(List::copyOf).toList();
  }

  /** Goes the way once more, listening. */
  static Counterexample of(World start, Kind kind, List<Integer> actions) {
    List<List<Event>> trace = new ArrayList<>();
    World world = start.fork((_, what) -> trace.getLast().add(what.get()));
    for (int action : actions) {
      trace.add(new ArrayList<>());
      world.apply(action);
    }
    return new Counterexample(world.violations().first(kind).orElseThrow(), actions, trace);
  }

  /** {@return the way as users write it: actions parted by commas} */
  public String text(MachineSpec machine) {
    return actions.stream().map(a -> Action.text(a, machine)).collect(Collectors.joining(","));
  }
}
