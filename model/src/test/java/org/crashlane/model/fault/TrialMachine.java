// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.Workload;
import org.crashlane.model.modes.Modes;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;

/**
 * A machine on which mistakes are looked for by random crashes under the rule.
 *
 * @param plan what is crashed, rightly set up
 * @param seedCount how many crashes, with seeds from 1 up
 * @param stepCount steps before each panic
 */
record TrialMachine(CrashPlan plan, int seedCount, int stepCount) {
  private static final int SMALL_CRASHES = 8;
  private static final int SMALL_STEPS = 500;

  /** Enough for bus addresses to come again many times over. */
  private static final int WRAPPING_STEPS = 2000;

  /** Enough for the ring of commands of a unit to be gone through more than once. */
  private static final int FULL_RING_STEPS = 1200;

  private static final int FEW_CRASHES = 2;
  private static final int RING_COUNT = 8;

  /** One command: a mapping that outlives a wrap of Calgary's search meets Linux's own bug. */
  private static final int ONE_AT_A_TIME = 2;

  private static final int SMALL_CHUNK_BYTES = 1 << 16;
  private static final int LARGE_CRASHES = 2;
  private static final int LARGE_STEPS = 600;

  /** {@return those of {@code mode}, cheap ones first} */
  static List<TrialMachine> of(MappingMode mode) {
    List<TrialMachine> grounds = new ArrayList<>(small(mode));
    TrialMachines.described(mode).forEach(machine -> grounds.add(described(machine)));
    grounds.add(large(BuiltInMachines.of(mode)));
    if (mode == MappingMode.VTD) {
      grounds.add(large(BuiltInMachines.find("mixed").orElseThrow()));
    }
    return grounds;
  }

  private static List<TrialMachine> small(MappingMode mode) {
    return switch (mode) {
      case NOMMU -> List.of();
      case SWIOTLB -> List.of(small(TrialMachines.swiotlb(), RING_COUNT, SMALL_STEPS));
      case GART -> List.of(small(TrialMachines.gart(), RING_COUNT, SMALL_STEPS));
      case CALGARY -> List.of(small(TrialMachines.calgary(), ONE_AT_A_TIME, WRAPPING_STEPS));
      case VTD ->
          List.of(
              small(TrialMachines.vtd(false), RING_COUNT, SMALL_STEPS),
              small(TrialMachines.vtd(true), RING_COUNT, SMALL_STEPS));
      case AMDVI ->
          List.of(
              small(TrialMachines.amdvi(false), RING_COUNT, SMALL_STEPS),
              small(TrialMachines.amdvi(true), RING_COUNT, SMALL_STEPS));
    };
  }

  private static TrialMachine small(MachineSpec machine, int ringCount, int stepCount) {
    CrashPlan plan =
        CrashPlan.of(machine, Strategy.IDENTITY)
            .withWorkload(new Workload(ringCount, -1, true, SMALL_CHUNK_BYTES));
    return new TrialMachine(plan, SMALL_CRASHES, stepCount);
  }

  private static TrialMachine described(MachineSpec machine) {
    int ringCount = machine.mode() == MappingMode.CALGARY ? ONE_AT_A_TIME : RING_COUNT;
    CrashPlan plan =
        small(machine, ringCount, FULL_RING_STEPS)
            .plan()
            .withLeftOut(Modes.of(machine.mode()).withheld(machine));
    return new TrialMachine(plan, FEW_CRASHES, FULL_RING_STEPS);
  }

  private static TrialMachine large(MachineSpec machine) {
    return new TrialMachine(CrashPlan.of(machine, Strategy.IDENTITY), LARGE_CRASHES, LARGE_STEPS);
  }
}
