// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import java.util.List;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.machine.LowMemoryNeeds;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.Mode;
import org.crashlane.model.mode.paging.RemappingUnits;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.rehearsal.Adoption;
import org.crashlane.rehearsal.Strategy;

/** AMD-Vi. */
public final class AmdviMode implements Mode {

  /** A kernel that takes the unit over makes a device table, unless it goes on with the old one. */
  @Override
  public LowMemoryNeeds captureNeeds(MachineSpec machine, Strategy strategy) {
    boolean makesTable =
        switch (strategy) {
          case NONE, RESERVE, IDENTITY, OFF -> false;
          case ADOPT -> machine.spec(ModeSpec.Amdvi.class).adoption() == Adoption.COPY;
          case ABORT, RESET -> true;
        };
    return makesTable
        ? new LowMemoryNeeds(0, DeviceTable.sizeFor(Boot.last(machine)))
        : LowMemoryNeeds.NONE;
  }

  @Override
  public Remapper hardware(MachineSpec machine) {
    ModeSpec.Amdvi spec = machine.spec(ModeSpec.Amdvi.class);
    List<UnitHardware> units =
        spec.units().stream().map(u -> new UnitHardware(spec, u.cachesAbsent())).toList();
    return RemappingUnits.of(machine, Registers.BYTES, units);
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
        for (ModeSpec.AmdviUnit unit : machine.spec(ModeSpec.Amdvi.class).units()) {
          UnitDriver.disable(cpu, unit.registerBase());
        }
        yield new DirectMapping(machine.era());
      }
      case ABORT, RESET -> new Boot(cpu, machine, frames).aborting();
    };
  }
}
