// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.List;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.Mode;
import org.crashlane.model.mode.paging.RemappingUnits;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.rehearsal.Strategy;

/** Intel VT-d. */
public final class VtdMode implements Mode {

  @Override
  public Remapper hardware(MachineSpec machine) {
    ModeSpec.Vtd spec = machine.spec(ModeSpec.Vtd.class);
    long extended = UnitRegisters.ecap(machine.era() == Era.LINUX_6);
    List<UnitHardware> units =
        spec.units().stream()
            .map(unit ->
                new UnitHardware(
                    spec.hostAddressWidth(),
                    UnitRegisters.of(
                        UnitRegisters.cap(
                            unit.addressWidth(), unit.superpages(), unit.cachesAbsent()),
                        extended)))
            .toList();
    return RemappingUnits.of(machine, UnitRegisters.PAGE_BYTES, units);
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
