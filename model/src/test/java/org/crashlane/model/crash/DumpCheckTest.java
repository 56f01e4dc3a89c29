// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.LongStream;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.explore.SmallMachine;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.Page;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A dump that is wrong is found out, whoever may write the page meanwhile. */
final class DumpCheckTest {
  private static final Schedule PANIC_AT_ONCE = new Schedule(List.of(), 1);

  private static World dumped() {
    CrashPlan plan = SmallMachine.plan(MappingMode.NOMMU, Strategy.NONE);
    World world = World.boot(plan, new Background(1), Trace.NONE);
    PANIC_AT_ONCE.replay(world, _ -> {});
    assertTrue(world.isDumpRight());
    return world;
  }

  private static boolean isWritten(World world, long address) {
    return world.primaryLedger().writable().stream().anyMatch(range -> range.contains(address));
  }

  @Test
  void wrongBytesInAPageThatADeviceMayWriteAreWrongAllTheSame() {
    World world = dumped();
    long mapped =
        LongStream.range(0, world.dumpMap().pageCount())
            .filter(n -> isWritten(world, world.dumpMap().address(n)))
            .findFirst()
            .orElseThrow();
    Page others = world.memoryAtPanic().share(world.dumpMap().address(0));
    world.disk(world.dumpDevice()).write(World.DUMP_BLOCK + mapped, others);
    DumpCheck.check(world);
    assertEquals(1, world.violations().count(Kind.DUMP_DIFFERS));
  }

  @ParameterizedTest
  @EnumSource(names = {"ADOPT", "ABORT"})
  void aCaptureKernelWithoutRoomForTablesGivesUpAndSaysWhy(Strategy strategy) {
    CrashPlan plan = SmallMachine.plan(MappingMode.VTD, strategy);
    CrashPlan full = plan.withCaptureMemory(plan.machine().crashRanges());
    CrashResult result = new Crash(full, new Background(1)).replay(PANIC_AT_ONCE, Trace.NONE);
    assertTrue(
        result.failure().toString().contains("TOO_LITTLE_MEMORY"), result.failure()::toString);
  }
}
