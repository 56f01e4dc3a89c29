// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class StateSetTest {

  @Test
  void zeroIsAFingerprintLikeAnyOther() {
    StateSet set = new StateSet();
    assertTrue(set.add(0));
    assertFalse(set.add(0));
    assertEquals(1, set.size());
  }

  @Test
  void aSetOfTheLibraryAgreesWhileTheTableGrows() {
    SplittableRandom random = new SplittableRandom(7);
    StateSet set = new StateSet();
    Set<Long> expected = new HashSet<>();
    for (int i = 0; i < 300_000; i++) {
      long fingerprint = random.nextLong(200_000);
      assertEquals(expected.add(fingerprint), set.add(fingerprint), "at " + i);
    }
    assertEquals(expected.size(), set.size());
  }
}
