// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.interrupt.InterruptFate;
import org.crashlane.interrupt.InterruptFate.Blocked;
import org.crashlane.interrupt.InterruptFate.Delivered;
import org.crashlane.interrupt.InterruptFate.Posted;
import org.crashlane.interrupt.InterruptFate.Redirected;
import org.crashlane.interrupt.InterruptFate.Unknown;
import org.crashlane.interrupt.InterruptMessage;
import org.crashlane.interrupt.InterruptRemapping;
import org.crashlane.interrupt.InterruptVectors;
import org.crashlane.pci.RequesterId;

/** What becomes of an unaware kernel's interrupts from one source, vector by vector. */
final class InterruptTally {
  private final List<Integer> arriving = new ArrayList<>();
  private final List<Integer> elsewhere = new ArrayList<>();
  private final List<Integer> blocked = new ArrayList<>();
  private final List<Integer> unknown = new ArrayList<>();
  private final Pieces<String> examples = new Pieces<>();

  private InterruptTally() {}

  /** {@return what becomes of every vector that a kernel may give to {@code source}} */
  static InterruptTally of(InterruptRemapping interrupts, RequesterId source) {
    InterruptTally tally = new InterruptTally();
    // What is sent names a processor that nobody knows; only what does not depend on it arrives.
    InterruptRemapping.deviceVectors()
        .forEach(vector ->
            tally.add(vector, interrupts.fate(source, InterruptMessage.fixed(0, vector))));
    return tally;
  }

  private void add(int vector, InterruptFate fate) {
    if (fate.brings(vector)) {
      arriving.add(vector);
      return;
    }
    List<Integer> kind =
        switch (fate) {
          case Redirected r when r.target().mayBring(vector) -> unknown;
          case Delivered _, Redirected _, Posted _ -> elsewhere;
          case Blocked _ -> blocked;
          case Unknown _ -> unknown;
        };
    if (kind.isEmpty()) {
      examples.add("vector %s: %s".formatted(Hex.of(vector), fate), 0);
    }
    kind.add(vector);
  }

  boolean allArrive() {
    return elsewhere.isEmpty() && blocked.isEmpty() && unknown.isEmpty();
  }

  /** {@return true if it is known that none arrives} */
  boolean noneArrives() {
    return arriving.isEmpty() && unknown.isEmpty();
  }

  /** {@return how many fare how, and of each kind that does not arrive the first} */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    line(lines, "arrive", arriving);
    line(lines, "go elsewhere", elsewhere);
    line(lines, "are blocked", blocked);
    line(lines, "are not known", unknown);
    lines.addAll(examples.lines());
    return lines;
  }

  private static void line(List<String> lines, String what, List<Integer> vectors) {
    if (!vectors.isEmpty()) {
      lines.add(what + ": " + InterruptVectors.describe(vectors));
    }
  }
}
