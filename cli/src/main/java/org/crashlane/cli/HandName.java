// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.List;
import org.crashlane.rehearsal.Scenario.HandKind;

/** What {@code --hand} takes. */
enum HandName {
  OUTSIDE,
  INSIDE,
  BOTH;

  /** {@return who arms, one rehearsal each} */
  List<HandKind> hands() {
    return switch (this) {
      case OUTSIDE -> List.of(HandKind.OUTSIDE);
      case INSIDE -> List.of(HandKind.INSIDE);
      case BOTH -> List.of(HandKind.OUTSIDE, HandKind.INSIDE);
    };
  }

  /** By name. */
  static final class Converter extends Choice<HandName> {
    Converter() {
      super(values());
    }
  }
}
