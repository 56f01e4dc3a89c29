// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.List;
import java.util.Optional;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;

/** Machines for tests. */
public final class TestMachines {
  private TestMachines() {}

  /** {@return 1 GiB of memory with 128 MiB of crash range at its top, a card and a disk} */
  public static MachineSpec usual(ModeSpec mode, String unit) {
    return new MachineSpec(
        "usual",
        "for tests",
        Era.LINUX_2_6_27,
        List.of(AddressRange.parse("0x0-0x3fffffff")),
        List.of(AddressRange.parse("0x38000000-0x3fffffff")),
        List.of(
            device("nic", "02:00.0", DeviceKind.RECEIVER, 32, unit, false),
            device("disk", "01:00.0", DeviceKind.STORAGE, 64, unit, true)),
        mode);
  }

  /** {@return a device without specials} */
  public static DeviceSpec device(
      String name, String at, DeviceKind kind, int maskBits, String unit, boolean onDumpPath) {
    return new DeviceSpec(
            name,
            RequesterId.parse(at),
            Optional.empty(),
            kind,
            maskBits,
            unit,
            DeviceSpec.Trait.RESET_BY_DRIVER,
            DeviceSpec.Trait.STOPS_ON_FAULT)
        .with(DeviceSpec.Trait.ON_DUMP_PATH, onDumpPath);
  }
}
