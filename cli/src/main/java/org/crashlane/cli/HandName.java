// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.List;
import org.crashlane.rehearsal.Scenario.HandKind;

/** What {@code --hand} takes. */
enum HandName {
  OUTSIDE(List.of(HandKind.OUTSIDE)),
  INSIDE(List.of(HandKind.INSIDE)),
  BOTH(List.of(HandKind.OUTSIDE, HandKind.INSIDE));

  private final List<HandKind> hands;

  HandName(List<HandKind> hands) {
    this.hands = hands;
  }

  /** {@return who arms, one rehearsal each} */
  List<HandKind> hands() {
    return hands;
  }

  /** By name. */
  static final class Converter extends Choice<HandName> {
    Converter() {
      super(values());
    }
  }
}
