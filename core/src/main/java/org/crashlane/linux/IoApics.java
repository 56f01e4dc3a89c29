// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.crashlane.acpi.Madt;
import org.crashlane.bits.Reason.At;
import org.crashlane.bits.Reason.Count;

/** The I/O APICs of an APIC table that Linux registers, and why it passes over the others. */
final class IoApics {
  private IoApics() {}

  /** {@return those that Linux registers, in its order} */
  static List<Madt.IoApic> of(Madt madt) {
    Set<Long> addresses = new HashSet<>();
    return madt.ioApics().stream()
        .filter(ioApic -> ioApic.address() != 0 && addresses.add(ioApic.address()))
        .toList();
  }

  static Stream<Spot> atZero(Madt madt) {
    return madt.ioApics().stream()
        .filter(ioApic -> ioApic.address() == 0)
        .map(ioApic -> Spot.at(ioApic.at(), new Count(ioApic.id())));
  }

  static Stream<Spot> sameAddress(Madt madt) {
    Set<Long> addresses = new HashSet<>();
    List<Spot> found = new ArrayList<>();
    for (Madt.IoApic ioApic : madt.ioApics()) {
      if (ioApic.address() != 0 && !addresses.add(ioApic.address())) {
        found.add(Spot.at(ioApic.at(), new Count(ioApic.id()), new At(ioApic.address())));
      }
    }
    return found.stream();
  }
}
