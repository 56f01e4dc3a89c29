// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** How each state was reached first: from which, and by which step. */
final class Paths {
  /** Before the first state. */
  static final int NONE = -1;

  private static final int INITIAL_COUNT = 1024;

  private int[] parents = new int[INITIAL_COUNT];
  private int[] actions = new int[INITIAL_COUNT];
  private int count;
  private final List<int[]> aside = new ArrayList<>();

  int size() {
    return count;
  }

  /** {@return the number of a new state, one more than the last} */
  int add(int parent, int action) {
    if (count == parents.length) {
      parents = Arrays.copyOf(parents, 2 * count);
      actions = Arrays.copyOf(actions, 2 * count);
    }
    parents[count] = parent;
    actions[count] = action;
    return count++;
  }

  /** Keeps a step that leads to no new state. */
  void addAside(int parent, int action) {
    aside.add(new int[] {parent, action});
  }

  /** {@return the number of the step kept aside last: below {@link #NONE}} */
  int lastAside() {
    return NONE - aside.size();
  }

  /** {@return the steps from the first state to {@code id}} */
  List<Integer> to(int id) {
    List<Integer> steps = new ArrayList<>();
    int at = id;
    if (id < NONE) {
      int[] last = aside.get(NONE - id - 1);
      steps.add(last[1]);
      at = last[0];
    }
    for (; parents[at] != NONE; at = parents[at]) {
      steps.add(actions[at]);
    }
    Collections.reverse(steps);
    return steps;
  }
}
