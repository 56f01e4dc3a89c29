// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import java.util.List;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;

/** Which units a machine has, and which device is behind which: as wired, for all who need it. */
public final class Placement {
  private Placement() {}

  /** {@return what the machine has of units} */
  static ModeSpec.Paging spec(MachineSpec machine) {
    if (machine.modeSpec() instanceof ModeSpec.Paging spec) {
      return spec;
    }
    throw new IllegalArgumentException(machine.name() + " has no units with page tables");
  }

  /** {@return the place of the unit that {@code device} is behind} */
  public static int unitIndex(ModeSpec.Paging spec, DeviceSpec device) {
    int index = spec.unitNames().indexOf(device.unit());
    if (index < 0) {
      throw new IllegalArgumentException(
          "%s is behind no unit: '%s'".formatted(device, device.unit()));
    }
    return index;
  }

  /** {@return the devices behind unit {@code index}} */
  public static List<DeviceSpec> behind(MachineSpec machine, int index) {
    ModeSpec.Paging spec = spec(machine);
    return machine.devices().stream().filter(d -> unitIndex(spec, d) == index).toList();
  }
}
