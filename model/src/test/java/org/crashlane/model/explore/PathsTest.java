// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class PathsTest {

  @Test
  void theFirstStateIsReachedByNoStep() {
    Paths paths = new Paths();
    assertEquals(List.of(), paths.to(paths.add(Paths.NONE, 0)));
  }

  @Test
  void branchesAreToldApart() {
    Paths paths = new Paths();
    int start = paths.add(Paths.NONE, 0);
    int left = paths.add(start, 1);
    int right = paths.add(start, 2);
    int behind = paths.add(left, 3);
    assertEquals(List.of(1, 3), paths.to(behind));
    assertEquals(List.of(2), paths.to(right));
  }

  @Test
  void aStepToAKnownStateHasItsOwnWay() {
    Paths paths = new Paths();
    int start = paths.add(Paths.NONE, 0);
    int left = paths.add(start, 1);
    paths.addAside(left, 8);
    int first = paths.lastAside();
    paths.addAside(start, 9);
    assertEquals(List.of(1, 8), paths.to(first));
    assertEquals(List.of(9), paths.to(paths.lastAside()));
    assertEquals(2, paths.size());
  }

  @Test
  void longWaysOutgrowTheFirstTable() {
    Paths paths = new Paths();
    int at = paths.add(Paths.NONE, 0);
    for (int action = 1; action <= 5000; action++) {
      at = paths.add(at, action);
    }
    assertEquals(IntStream.rangeClosed(1, 5000).boxed().toList(), paths.to(at));
  }
}
