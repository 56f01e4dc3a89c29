// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.List;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.Mode;
import org.crashlane.model.mode.UnitTables;
import org.crashlane.model.mode.paging.RemappingUnits;
import org.crashlane.model.spec.MachineSpec;

/** Intel VT-d. */
public final class VtdMode implements Mode {

  @Override
  public Remapper hardware(MachineSpec machine) {
    return VtdHardware.of(machine);
  }

  @Override
  public DmaMapping boot(Cpu cpu, MachineSpec machine, PageFrames frames) {
    return Boot.primary(cpu, machine, frames);
  }

  @Override
  public DmaMapping adopt(Cpu cpu, MachineSpec machine, PageFrames frames) {
    return Boot.adopting(cpu, machine, frames);
  }

  @Override
  public DmaMapping off(Cpu cpu, MachineSpec machine, PageFrames frames) {
    UnitDriver.of(cpu, machine).forEach(unit -> unit.disable(cpu));
    return new DirectMapping(machine.era());
  }

  @Override
  public DmaMapping abort(Cpu cpu, MachineSpec machine, PageFrames frames) {
    return Boot.aborting(cpu, machine, frames);
  }

  /** {@inheritDoc} The order in which abort does it costs nothing where nothing is at work. */
  @Override
  public DmaMapping afresh(Cpu cpu, MachineSpec machine, PageFrames frames) {
    return abort(cpu, machine, frames);
  }

  @Override
  public List<UnitTables> tables(MachineSpec machine, Remapper remapper, PhysicalMemory memory) {
    if (remapper instanceof RemappingUnits units) {
      return units.tables(machine, memory);
    }
    throw new IllegalArgumentException("not VT-d units: " + remapper);
  }
}
