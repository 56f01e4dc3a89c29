// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.Mode;
import org.crashlane.model.mode.UnitTables;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;

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
    if (!(remapper instanceof VtdHardware hardware)) {
      throw new IllegalArgumentException("not VT-d units: " + remapper);
    }
    ModeSpec.Vtd spec = Placement.spec(machine);
    List<UnitTables> tables = new ArrayList<>();
    for (int i = 0; i < spec.units().size(); i++) {
      int unit = i;
      List<DeviceSpec> behind =
          machine.devices().stream().filter(d -> Placement.unitIndex(spec, d) == unit).toList();
      tables.add(new UnitTables(spec.units().get(i).name(), hardware.tables(i, memory), behind));
    }
    return tables;
  }
}
