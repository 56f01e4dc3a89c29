// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;

final class ExplorerTest {

  @Test
  void withoutIommuNoOrderOfThingsBreaksAnything() throws InterruptedException {
    Exploration all = explore(MappingMode.NOMMU, Strategy.NONE);
    assertEquals(List.of(), all.counterexamples());
    assertTrue(all.isClean());
    assertEquals(0, all.lostCount());
  }

  private static Exploration explore(MappingMode mode, Strategy strategy)
      throws InterruptedException {
    return Explorer.explore(SmallMachine.plan(mode, strategy), ExplorerLimits.usual(), _ -> {});
  }
}
