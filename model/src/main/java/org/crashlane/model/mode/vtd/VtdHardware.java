// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.List;
import org.crashlane.model.mode.paging.RemappingUnits;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;

/** A machine's VT-d units. */
final class VtdHardware {
  private VtdHardware() {}

  /** {@return what the machine has of VT-d} */
  static ModeSpec.Vtd spec(MachineSpec machine) {
    if (machine.modeSpec() instanceof ModeSpec.Vtd spec) {
      return spec;
    }
    throw new IllegalArgumentException(machine.name() + " has no VT-d units");
  }

  /** {@return the units of {@code machine}, off} */
  static RemappingUnits of(MachineSpec machine) {
    ModeSpec.Vtd spec = spec(machine);
    boolean abortsDma = machine.era() == Era.TODAY;
    List<UnitHardware> units =
        spec.units().stream()
            .map(unit ->
                new UnitHardware(
                    spec.hostAddressWidth(),
                    UnitRegisters.of(
                        UnitRegisters.cap(
                            unit.addressWidth(), unit.superpages(), unit.cachesAbsent()),
                        UnitRegisters.ecap(abortsDma))))
            .toList();
    return RemappingUnits.of(machine, UnitRegisters.PAGE_BYTES, units);
  }
}
