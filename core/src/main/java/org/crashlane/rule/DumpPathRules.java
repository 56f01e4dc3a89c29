// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Reading.DeviceFact;
import org.crashlane.rule.Reading.Devices;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Subject.Part;

/** M1: is it known which device the dump goes through? */
final class DumpPathRules {
  private final boolean matters;
  private final List<Device> devices;
  private final FindingList findings;

  private DumpPathRules(boolean matters, List<Device> devices, FindingList findings) {
    this.matters = matters;
    this.devices = devices;
    this.findings = findings;
  }

  /** {@return the rules for a machine without an IOMMU} */
  static DumpPathRules of(Machine machine, FindingList findings) {
    return new DumpPathRules(DeviceRules.isHigh(machine), machine.devices(), findings);
  }

  /** {@return the rules for a machine with these units} */
  static DumpPathRules of(List<JudgedUnit> units, FindingList findings) {
    boolean isRemapped =
        units.stream()
            .map(JudgedUnit::tables)
            .anyMatch(tables -> !tables.state().isPassing() || tables.interrupts().enabled());
    return new DumpPathRules(
        isRemapped || DeviceRules.isHigh(units.getFirst().behind()),
        units.stream().flatMap(unit -> unit.behind().devices().stream()).toList(),
        findings);
  }

  /**
   * Judges whether there is one. Where DMA passes untranslated all round, and interrupts too, it
   * makes no difference, if a crash range lies where any device reaches.
   */
  void judge() {
    if (matters && devices.stream().noneMatch(Device::onDumpPath)) {
      findings.cannotTell(
          FindingCode.M1,
          Part.MACHINE,
          List.of(new Amount(Quantity.DEVICES_ON_DUMP_PATH, 0, devices.size())),
          Step.NAME_DUMP_DEVICE);
    }
  }

  /**
   * Judges a guess: it decides where another device, which may be the right one, fares worse.
   *
   * @param unarmed devices that are translated, and not to the whole crash range, or blocked
   */
  void judgeGuess(List<Device> unarmed) {
    List<Device> guessed = devices.stream().filter(d -> d.role() == DumpRole.GUESSED).toList();
    if (guessed.isEmpty()) {
      return;
    }
    Examples<Device> examples = new Examples<>();
    unarmed.forEach(device -> examples.add(device, 0));
    List<Evidence> evidence = new ArrayList<>();
    evidence.add(new Devices(DeviceFact.GUESSED, guessed));
    evidence.addAll(
        examples.evidence(device -> new Devices(DeviceFact.NOT_ARMED, List.of(device))));
    findings.add(
        new Finding(
            FindingCode.M1,
            unarmed.isEmpty() ? Severity.NOTE : Severity.UNKNOWN,
            Part.MACHINE,
            List.of(),
            evidence,
            List.of(Step.NAME_DUMP_DEVICE)));
  }
}
