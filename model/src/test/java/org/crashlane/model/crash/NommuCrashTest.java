// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The proposal's first mode: no set-up is needed, whatever is done. */
final class NommuCrashTest {
  private static final int STEPS = 500;

  @ParameterizedTest
  @EnumSource(Strategy.class)
  void everyStrategySavesTheDump(Strategy strategy) {
    CrashPlan plan = CrashPlan.of(TestMachines.usual(new ModeSpec.Nommu(), ""), strategy);
    CrashResult result = new Crash(plan, new Background(1)).random(1, STEPS, Trace.NONE);
    assertAll(
        () -> assertTrue(result.seen().dump().gotThrough(), result.failure()::toString),
        () -> assertEquals(List.of(), result.violations().all()),
        () ->
            assertTrue(
                Results.tally(result).leftoverPassedCount() > 0 || strategy == Strategy.RESET));
  }
}
