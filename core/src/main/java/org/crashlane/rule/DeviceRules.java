// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Hex;
import org.crashlane.machine.Device;
import org.crashlane.machine.DmaMask;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;

/** What the rule asks of devices whatever the tables say: B1, and G1 on the dump path. */
final class DeviceRules {
  private final Machine machine;
  private final FindingList findings;

  DeviceRules(Machine machine, FindingList findings) {
    this.machine = machine;
    this.findings = findings;
  }

  void judge() {
    for (Device device : machine.devices()) {
      if (device.onDumpPath()) {
        judgeMask(device);
        judgeOwner(device);
      }
    }
  }

  /** The capture kernel's addresses are physical ones: with two ranges, one in reach is enough. */
  private void judgeMask(Device device) {
    if (!(device.masks().streaming() instanceof DmaMask.Known mask)) {
      return;
    }
    AddressRange reach = mask.reach();
    if (machine.crashRanges().stream().noneMatch(reach::contains)) {
      findings.broken(
          FindingCode.B1,
          device.toString(),
          Optional.of(machine.crashRanges().getFirst()),
          List.of("the device reaches addresses to " + Hex.of(reach.last()) + " only"),
          "reserve a crash range below " + Hex.of(reach.last() + 1));
    }
  }

  private void judgeOwner(Device device) {
    if (device.assignedToGuest()) {
      findings.broken(
          FindingCode.G1,
          device.toString(),
          Optional.empty(),
          List.of("a guest owns it, and the dump goes through it"),
          "send the dump through a device of the host's own: to arm this one would let the guest"
              + " write the crash range");
    }
  }
}
