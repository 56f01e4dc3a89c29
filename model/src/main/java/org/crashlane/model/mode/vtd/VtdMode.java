// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.paging.PagedMode;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.rehearsal.Strategy;

/** Intel VT-d. */
public final class VtdMode extends PagedMode {

  @Override
  public Remapper hardware(MachineSpec machine) {
    return VtdHardware.of(machine);
  }

  @Override
  public DmaMapping boot(Cpu cpu, MachineSpec machine, PageFrames frames) {
    return Boot.primary(cpu, machine, frames);
  }

  /** {@inheritDoc} The order in which abort does it costs nothing where nothing is at work. */
  @Override
  public DmaMapping capture(Strategy strategy, Cpu cpu, MachineSpec machine, PageFrames frames) {
    return switch (strategy) {
      case NONE, RESERVE, IDENTITY -> new DirectMapping(machine.era());
      case ADOPT -> Boot.adopting(cpu, machine, frames);
      case OFF -> {
        UnitDriver.of(cpu, machine).forEach(unit -> unit.disable(cpu));
        yield new DirectMapping(machine.era());
      }
      case ABORT, RESET -> Boot.aborting(cpu, machine, frames);
    };
  }
}
