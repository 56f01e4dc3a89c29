// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.crashlane.interrupt.InterruptFate;
import org.crashlane.interrupt.InterruptFate.Blocked;
import org.crashlane.interrupt.InterruptFate.Delivered;
import org.crashlane.interrupt.InterruptFate.Posted;
import org.crashlane.interrupt.InterruptFate.Redirected;
import org.crashlane.interrupt.InterruptFate.Unknown;
import org.crashlane.interrupt.InterruptMessage;
import org.crashlane.interrupt.InterruptRemapping;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Reading.Interrupt;
import org.crashlane.rule.Reading.VectorFate;
import org.crashlane.rule.Reading.Vectors;

/** What becomes of an unaware kernel's interrupts from one source, vector by vector. */
final class InterruptTally {
  private final Map<VectorFate, List<Integer>> vectors = new EnumMap<>(VectorFate.class);
  private final List<Interrupt> examples = new ArrayList<>();

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
    VectorFate kind =
        switch (fate) {
          case InterruptFate f when f.brings(vector) -> VectorFate.ARRIVES;
          case Redirected r when r.target().mayBring(vector) -> VectorFate.UNKNOWN;
          case Delivered _, Redirected _, Posted _ -> VectorFate.ELSEWHERE;
          case Blocked _ -> VectorFate.BLOCKED;
          case Unknown _ -> VectorFate.UNKNOWN;
        };
    if (kind != VectorFate.ARRIVES && !vectors.containsKey(kind)) {
      examples.add(new Interrupt(vector, fate));
    }
    vectors.computeIfAbsent(kind, _ -> new ArrayList<>()).add(vector);
  }

  boolean allArrive() {
    return Set.of(VectorFate.ARRIVES).containsAll(vectors.keySet());
  }

  /** {@return true if it is known that none arrives} */
  boolean noneArrives() {
    return !vectors.containsKey(VectorFate.ARRIVES) && !vectors.containsKey(VectorFate.UNKNOWN);
  }

  /** {@return how many fare how, and of each kind that does not arrive the first} */
  List<Evidence> evidence() {
    List<Evidence> evidence = new ArrayList<>();
    vectors.forEach((fate, those) -> evidence.add(new Vectors(fate, those)));
    evidence.addAll(examples);
    return evidence;
  }
}
