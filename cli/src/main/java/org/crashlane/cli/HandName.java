// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.List;
import java.util.Locale;
import org.crashlane.rehearsal.Scenario.HandKind;

/** What {@code --hand} takes. */
enum HandName {
  OUTSIDE,
  INSIDE,
  WHEN_CRASHED,
  BOTH,
  ALL;

  /** {@return who arms, one rehearsal each} */
  List<HandKind> hands() {
    return switch (this) {
      case OUTSIDE -> List.of(HandKind.OUTSIDE);
      case INSIDE -> List.of(HandKind.INSIDE);
      case WHEN_CRASHED -> List.of(HandKind.WHEN_CRASHED);
      case BOTH -> List.of(HandKind.OUTSIDE, HandKind.INSIDE);
      case ALL -> List.of(HandKind.values());
    };
  }

  /** {@return the name that users write} */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
