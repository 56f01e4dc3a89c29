// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.crashlane.guest.QemuVersion;
import org.junit.jupiter.api.Test;

class QuirkVersionsTest {
  private static final QemuVersion OLD = new QemuVersion(7, 2, 22);
  private static final QemuVersion NEW = new QemuVersion(10, 0, 2);

  @Test
  void quirkIsOneOfTheVersionsThatItWasSeenIn() {
    assertTrue(VtdQuirk.ONE_REASON_FOR_PASID_TABLES.seen().in(OLD));
    assertFalse(VtdQuirk.ONE_REASON_FOR_PASID_TABLES.seen().in(NEW));
    assertFalse(VtdQuirk.PASS_THROUGH_OF_ANY_WIDTH.seen().in(OLD));
    assertTrue(VtdQuirk.PASS_THROUGH_OF_ANY_WIDTH.seen().in(NEW));
  }

  @Test
  void noQuirkIsTakenForGrantedInAVersionThatNobodyTried() {
    QemuVersion untried = new QemuVersion(11, 1, 3);
    for (VtdQuirk quirk : VtdQuirk.values()) {
      assertFalse(quirk.seen().in(untried), quirk::name);
    }
    for (AmdviQuirk quirk : AmdviQuirk.values()) {
      assertFalse(quirk.seen().in(untried), quirk::name);
      assertEquals(QemuQuirk.Seen.FROM_7_2_TO_10_0, quirk.seen());
    }
  }
}
