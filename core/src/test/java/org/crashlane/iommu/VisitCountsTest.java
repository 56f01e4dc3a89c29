// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class VisitCountsTest {

  @Test
  void visitsAreCountedForEachPage() {
    VisitCounts visits = new VisitCounts();
    assertEquals(1, visits.visit(0));
    assertEquals(1, visits.visit(0x1000));
    assertEquals(2, visits.visit(0));
    assertEquals(1, visits.visit(-0x1000));
  }

  @Test
  void countsAgreeWithAMapHoweverManyPagesThereAre() {
    SplittableRandom random = new SplittableRandom(20260901);
    VisitCounts visits = new VisitCounts();
    Map<Long, Integer> expected = new HashMap<>();
    for (int i = 0; i < 100_000; i++) {
      long page = random.nextLong(30_000) << 12;
      assertEquals(expected.merge(page, 1, Integer::sum), visits.visit(page));
    }
  }

  @Test
  void countsEndAtTheirHighestAndLeaveNeighboursAlone() {
    VisitCounts visits = new VisitCounts();
    for (int i = 1; i <= 2 * VisitCounts.COUNT_MAX; i++) {
      assertEquals(Math.min(i, VisitCounts.COUNT_MAX), visits.visit(0x7000));
    }
    assertEquals(1, visits.visit(0x6000));
    assertEquals(1, visits.visit(0x8000));
  }
}
