// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.bits.BitField;
import org.crashlane.interrupt.InterruptWindow;

/** Addresses in the interrupt window and on either side of its ends. */
final class InterruptEdges {
  private static final long FIRST = InterruptWindow.RANGE.first();
  private static final long BEHIND = InterruptWindow.RANGE.last() + 1;
  private static final BitField WITHIN = BitField.bits("word within the window", 19, 3);

  private InterruptEdges() {}

  /** {@return one of them} */
  static long near(Dice dice) {
    return dice.oneOf(FIRST - Long.BYTES, FIRST, within(dice), BEHIND - Long.BYTES, BEHIND);
  }

  /** {@return one within the window} */
  static long within(Dice dice) {
    return FIRST | dice.any(WITHIN);
  }
}
