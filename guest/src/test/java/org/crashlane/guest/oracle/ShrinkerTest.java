// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.List;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.junit.jupiter.api.Test;

class ShrinkerTest {
  private static final long CULPRIT = ProbeMemory.ARENA.first() + 8;
  private static final long GUILTY_BIT = 1L << 40;

  @Test
  void onlyTheBitThatMattersIsLeft() throws IOException {
    List<TableWord> words =
        List.of(
            new TableWord(ProbeMemory.ARENA.first(), -1L),
            new TableWord(CULPRIT, -1L),
            new TableWord(CULPRIT + 8, 3));
    ProbeCase found = new ProbeCase(5, 0x100000, words, 0x123456780L);
    Difference shrunk = new Shrinker(ShrinkerTest::trial).shrink(difference(found));
    assertEquals(
        new ProbeCase(5, 0x100000, List.of(new TableWord(CULPRIT, GUILTY_BIT)), 0),
        shrunk.probe().tables());
  }

  @Test
  void caseThatDiffersInAnotherWayIsNotTaken() throws IOException {
    ProbeCase found =
        new ProbeCase(5, 0x100000, List.of(new TableWord(CULPRIT, GUILTY_BIT | 1)), 0);
    Difference shrunk =
        new Shrinker(tables ->
            List.of(new Difference(probe(tables), Difference.Side.UNIT, new Outcome.Interrupt())))
            .shrink(difference(found));
    assertEquals(found, shrunk.probe().tables());
  }

  private static List<Difference> trial(ProbeCase tables) {
    boolean differs =
        tables.words().stream()
            .anyMatch(w -> w.address() == CULPRIT && (w.value() & GUILTY_BIT) != 0);
    return differs ? List.of(difference(tables)) : List.of();
  }

  private static Difference difference(ProbeCase tables) {
    return new Difference(probe(tables), Difference.Side.UNIT, new Outcome.Reached(0));
  }

  private static Probe probe(ProbeCase tables) {
    return new Probe(tables, Access.READ, new Observation.Nothing(0));
  }
}
