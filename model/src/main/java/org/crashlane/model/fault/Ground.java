// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.Workload;
import org.crashlane.model.explore.SmallMachine;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;

/**
 * A machine on which mistakes are looked for by random crashes under the rule.
 *
 * @param name for people
 * @param plan what is crashed, rightly set up
 * @param seedCount how many crashes, with seeds from 1 up
 * @param stepCount steps before each panic
 */
record Ground(String name, CrashPlan plan, int seedCount, int stepCount) {
  private static final int SMALL_CRASHES = 8;
  private static final int SMALL_STEPS = 500;
  private static final int RING_COUNT = 8;
  private static final int SMALL_CHUNK_BYTES = 1 << 16;
  private static final int LARGE_CRASHES = 2;
  private static final int LARGE_STEPS = 600;

  /** {@return those of {@code mode}, cheap ones first} */
  static List<Ground> of(MappingMode mode) {
    List<Ground> grounds = new ArrayList<>();
    grounds.add(small(mode));
    grounds.add(large(BuiltInMachines.of(mode)));
    if (mode == MappingMode.VTD) {
      grounds.add(large(BuiltInMachines.find("mixed").orElseThrow()));
    }
    return grounds;
  }

  /** Much goes on in little memory, and the crash range is in two parts. */
  private static Ground small(MappingMode mode) {
    MachineSpec machine = inTwoParts(SmallMachine.of(mode));
    CrashPlan plan =
        CrashPlan.of(machine, Strategy.IDENTITY)
            .withWorkload(new Workload(RING_COUNT, -1, true, SMALL_CHUNK_BYTES));
    return new Ground(machine.name(), plan, SMALL_CRASHES, SMALL_STEPS);
  }

  private static Ground large(MachineSpec machine) {
    return new Ground(
        machine.name(), CrashPlan.of(machine, Strategy.IDENTITY), LARGE_CRASHES, LARGE_STEPS);
  }

  private static MachineSpec inTwoParts(MachineSpec machine) {
    AddressRange whole = machine.crashRanges().getFirst();
    long half = whole.sizeBytes() / 2;
    return new MachineSpec(
        machine.name(),
        machine.summary(),
        machine.era(),
        machine.ram(),
        List.of(
            AddressRange.ofSize(whole.first(), half),
            new AddressRange(whole.first() + half, whole.last())),
        machine.devices(),
        machine.modeSpec());
  }
}
