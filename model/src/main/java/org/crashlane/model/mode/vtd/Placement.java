// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;

/** Which units a machine has, and which device is behind which: as wired, for all who need it. */
final class Placement {
  private Placement() {}

  /** {@return what the machine has of VT-d} */
  static ModeSpec.Vtd spec(MachineSpec machine) {
    if (machine.modeSpec() instanceof ModeSpec.Vtd spec) {
      return spec;
    }
    throw new IllegalArgumentException(machine.name() + " has no VT-d units");
  }

  /** {@return the place of the unit that {@code device} is behind} */
  static int unitIndex(ModeSpec.Vtd spec, DeviceSpec device) {
    for (int i = 0; i < spec.units().size(); i++) {
      if (spec.units().get(i).name().equals(device.unit())) {
        return i;
      }
    }
    throw new IllegalArgumentException(
        "%s is behind no VT-d unit: '%s'".formatted(device, device.unit()));
  }
}
