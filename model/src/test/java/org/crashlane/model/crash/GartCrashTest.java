// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class GartCrashTest {
  static MachineSpec machine(ModeSpec mode, int nicBits) {
    return new MachineSpec(
        "usual",
        "for tests",
        Era.LINUX_2_6_27,
        List.of(AddressRange.parse("0x0-0x3fffffff")),
        List.of(AddressRange.parse("0x38000000-0x3fffffff")),
        List.of(
            TestMachines.device("nic", "02:00.0", DeviceKind.RECEIVER, nicBits, "", false),
            TestMachines.device("disk", "01:00.0", DeviceKind.STORAGE, 64, "", true)),
        mode);
  }

  @ParameterizedTest
  @EnumSource(Strategy.class)
  void print(Strategy strategy) {
    for (ModeSpec mode :
        List.of(
            new ModeSpec.Gart(0x400_0000, 0, 1, true, false),
            new ModeSpec.Gart(0x4000_0000, 1, 2, true, false),
            new ModeSpec.Swiotlb(1 << 18, false),
            new ModeSpec.Swiotlb(1 << 20, true))) {
      MachineSpec machine =
          machine(mode, mode instanceof ModeSpec.Gart g && g.apertureBase() > 0x400_0000 ? 31 : 28);
      CrashPlan plan = CrashPlan.of(machine, strategy);
      long t = System.nanoTime();
      CrashResult r = new Crash(plan, new Background(1)).random(1, 2000, Trace.NONE);
      System.out.println(
          strategy
              + " "
              + mode
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
              + " pages="
              + r.dumpPageCount()
              + " armed="
              + r.armed().refusals()
              + "\n   tables="
              + r.tablesAtPanic().findings().stream().map(f -> f.code() + "").toList()
              + "\n   viol="
              + r.violations().all());
    }
  }
}
