// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import org.crashlane.machine.LowMemoryNeeds;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.paging.PagedMode;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.rehearsal.Strategy;

/** AMD-Vi. */
public final class AmdviMode extends PagedMode {

  /** A kernel that takes the unit over makes a device table, unless it goes on with the old one. */
  @Override
  public LowMemoryNeeds captureNeeds(MachineSpec machine, Strategy strategy) {
    boolean makesTable =
        switch (strategy) {
          case NONE, RESERVE, IDENTITY, OFF -> false;
          case ADOPT -> AmdviHardware.spec(machine).adoption() == ModeSpec.Adoption.COPY;
          case ABORT, RESET -> true;
        };
    return makesTable
        ? new LowMemoryNeeds(0, DeviceTable.sizeFor(Boot.last(machine)))
        : LowMemoryNeeds.NONE;
  }

  @Override
  public Remapper hardware(MachineSpec machine) {
    return AmdviHardware.of(machine);
  }

  @Override
  public DmaMapping boot(Cpu cpu, MachineSpec machine, PageFrames frames) {
    return new Boot(cpu, machine, frames).primary();
  }

  /** {@inheritDoc} The order in which abort does it costs nothing where nothing is at work. */
  @Override
  public DmaMapping capture(Strategy strategy, Cpu cpu, MachineSpec machine, PageFrames frames) {
    return switch (strategy) {
      case NONE, RESERVE, IDENTITY -> new DirectMapping(machine.era());
      case ADOPT -> new Boot(cpu, machine, frames).adopting();
      case OFF -> {
        for (ModeSpec.AmdviUnit unit : AmdviHardware.spec(machine).units()) {
          UnitDriver.disable(cpu, unit.registerBase());
        }
        yield new DirectMapping(machine.era());
      }
      case ABORT, RESET -> new Boot(cpu, machine, frames).aborting();
    };
  }
}
