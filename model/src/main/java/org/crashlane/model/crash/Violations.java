// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crashlane.model.crash.Violation.Kind;

/** What was violated in a run: the first of each kind, and how often each happened. */
public final class Violations {
  /** Not changed but replaced, so that a copy costs nothing. */
  private Map<Kind, Violation> first = Map.of();

  /** By kind; of its own once something is counted after a copy was made. */
  private EnumMap<Kind, Long> counts = new EnumMap<>(Kind.class);

  private boolean areCountsShared;

  Violations() {
    // nothing yet
  }

  /** Notes one; only the first of its kind is made. */
  void add(Kind kind, long step, Violation.Account account) {
    if (areCountsShared) {
      counts = counts.clone();
      areCountsShared = false;
    }
    if (counts.merge(kind, 1L, Long::sum) == 1) {
      Map<Kind, Violation> others = new EnumMap<>(Kind.class);
      others.putAll(first);
      others.put(kind, account.of(kind, step));
      first = others;
    }
  }

  /** {@return true if nothing was violated} */
  public boolean isEmpty() {
    return first.isEmpty();
  }

  /** {@return the first of each kind, in the order of kinds} */
  public List<Violation> all() {
    return first.isEmpty() ? List.of() : new ArrayList<>(first.values());
  }

  /** {@return the first of {@code kind}, if it happened} */
  public Optional<Violation> first(Kind kind) {
    return Optional.ofNullable(first.get(kind));
  }

  /** {@return how often {@code kind} happened} */
  public long count(Kind kind) {
    return counts.getOrDefault(kind, 0L);
  }

  Violations fork() {
    Violations copy = new Violations();
    copy.first = first;
    copy.counts = counts;
    copy.areCountsShared = true;
    areCountsShared = true;
    return copy;
  }
}
