// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.paging.PagedMode;
import org.crashlane.model.spec.MachineSpec;

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
}
