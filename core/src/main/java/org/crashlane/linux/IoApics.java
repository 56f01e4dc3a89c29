// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.crashlane.acpi.Madt;
import org.crashlane.acpi.TableProblem;
import org.crashlane.bits.Hex;

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

  static Stream<TableProblem> atZero(Madt madt) {
    return madt.ioApics().stream()
        .filter(ioApic -> ioApic.address() == 0)
        .map(ioApic -> at(ioApic, "I/O APIC %d has the address 0".formatted(ioApic.id())));
  }

  static Stream<TableProblem> sameAddress(Madt madt) {
    Set<Long> addresses = new HashSet<>();
    List<TableProblem> found = new ArrayList<>();
    for (Madt.IoApic ioApic : madt.ioApics()) {
      if (ioApic.address() != 0 && !addresses.add(ioApic.address())) {
        found.add(
            at(
                ioApic,
                "I/O APIC %d is at %s as an earlier one is"
                    .formatted(ioApic.id(), Hex.of(ioApic.address()))));
      }
    }
    return found.stream();
  }

  private static TableProblem at(Madt.IoApic ioApic, String reason) {
    return new TableProblem(ioApic.at().offset(), reason);
  }
}
