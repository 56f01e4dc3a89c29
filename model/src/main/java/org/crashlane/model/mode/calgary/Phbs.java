// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.calgary;

import java.util.Collection;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.ModeSpec;

/** Which PHB a device is behind, by the names in the machine's description. */
final class Phbs {
  private Phbs() {}

  /** {@return the number of the PHB that {@code device} is behind, if it is behind one} */
  static OptionalInt of(ModeSpec.Calgary spec, DeviceSpec device) {
    return IntStream.range(0, spec.phbs().size())
        .filter(phb -> spec.phbs().get(phb).name().equals(device.unit()))
        .findFirst();
  }

  /** {@return the numbers of the PHBs of {@code devices}, each once, rising} */
  static int[] of(ModeSpec.Calgary spec, Collection<DeviceSpec> devices) {
    return devices.stream()
        .map(device -> of(spec, device))
        .flatMapToInt(OptionalInt::stream)
        .distinct()
        .sorted()
        .toArray();
  }
}
