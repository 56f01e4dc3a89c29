// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Fact;

/** A few pieces of evidence of what may come a million times. */
final class FirstFew {
  private static final int KEPT_MAX = 3;

  private final Set<Evidence> kept = new LinkedHashSet<>();
  private boolean more;

  void add(Evidence piece) {
    if (kept.size() < KEPT_MAX) {
      kept.add(piece);
    } else if (!more) {
      more = !kept.contains(piece);
    }
  }

  boolean isEmpty() {
    return kept.isEmpty();
  }

  boolean isFull() {
    return more;
  }

  /** {@return {@code before}, the pieces, and whether there are more} */
  List<Evidence> after(Evidence... before) {
    List<Evidence> all = new ArrayList<>(List.of(before));
    all.addAll(kept);
    if (more) {
      all.add(Fact.AND_MORE);
    }
    return all;
  }
}
