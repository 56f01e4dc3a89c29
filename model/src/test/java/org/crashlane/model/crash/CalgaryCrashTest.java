// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.List;
import java.util.Optional;
import org.crashlane.iommu.calgary.Chip;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class CalgaryCrashTest {
  private static final MachineSpec MACHINE =
      TestMachines.usual(
          new ModeSpec.Calgary(
              Chip.CALGARY,
              0xfe00_0000L,
              List.of(
                  new ModeSpec.Phb(
                      "0", Optional.of(AddressRange.parse("0xe0000000-0xefffffff")), List.of())),
              Optional.empty()),
          "0");

  @ParameterizedTest
  @EnumSource(Strategy.class)
  void print(Strategy strategy) {
    for (ArmTiming timing : ArmTiming.values()) {
      CrashPlan plan = CrashPlan.of(MACHINE, strategy).withTiming(timing);
      long t = System.nanoTime();
      CrashResult r = new Crash(plan, new Background(1)).random(1, 2000, Trace.NONE);
      System.out.println(
          strategy
              + " "
              + timing
              + " "
              + (System.nanoTime() - t) / 1000000
              + "ms dumped="
              + r.dumped()
              + " right="
              + r.isDumpRight()
              + " fail="
              + r.failure()
              + " corrupted="
              + r.corruptedByteCount()
              + " left="
              + r.leftoverThroughCount()
              + "/"
              + r.leftoverBlockedCount()
              + " capBlocked="
              + r.captureBlockedCount()
              + " pages="
              + r.dumpPageCount()
              + " armed="
              + r.armed().entryCount()
              + r.armed().refusals()
              + "\n   tables="
              + r.tablesAtPanic().findings().stream().map(f -> f.code() + "").toList()
              + "\n   viol="
              + r.violations().all());
    }
  }
}
