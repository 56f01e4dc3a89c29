// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import java.util.List;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.model.mode.paging.RemappingUnits;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;

/** A machine's AMD IOMMUs. */
final class AmdviHardware {
  private AmdviHardware() {}

  /** {@return what the machine has of AMD IOMMUs} */
  static ModeSpec.Amdvi spec(MachineSpec machine) {
    if (machine.modeSpec() instanceof ModeSpec.Amdvi spec) {
      return spec;
    }
    throw new IllegalArgumentException(machine.name() + " has no AMD IOMMU");
  }

  /** {@return the units of {@code machine}, off} */
  static RemappingUnits of(MachineSpec machine) {
    ModeSpec.Amdvi spec = spec(machine);
    List<UnitHardware> units =
        spec.units().stream().map(u -> new UnitHardware(spec, u.cachesAbsent())).toList();
    return RemappingUnits.of(machine, Registers.BYTES, units);
  }
}
