// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** A few pieces of what may come a million times. */
final class Evidence {
  private static final int SHOWN_MAX = 3;

  private final Set<String> shown = new LinkedHashSet<>();
  private boolean more;

  void add(Object piece) {
    if (shown.size() < SHOWN_MAX) {
      shown.add(piece.toString());
    } else if (!more) {
      more = !shown.contains(piece.toString());
    }
  }

  boolean isFull() {
    return more;
  }

  /** {@return the pieces, and whether there are more; nothing if there are none} */
  Optional<String> text() {
    return shown.isEmpty()
        ? Optional.empty()
        : Optional.of(String.join(", ", shown) + (more ? " and more" : ""));
  }
}
