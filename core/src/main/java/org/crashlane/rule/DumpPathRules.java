// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;

/** M1: is it known which device the dump goes through? */
final class DumpPathRules {
  private static final String REMEDY = "name the device that the dump goes through";

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
          "the machine",
          List.of("none of its " + devices.size() + " known devices is on the dump path"),
          REMEDY);
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
    Pieces<String> lines = new Pieces<>();
    unarmed.forEach(d -> lines.add("not armed: " + d, 0));
    List<String> evidence = new ArrayList<>();
    evidence.add("taken for the devices that the dump goes through, by their class: " + guessed);
    evidence.addAll(lines.lines());
    findings.add(
        new Finding(
            FindingCode.M1,
            unarmed.isEmpty() ? Severity.NOTE : Severity.UNKNOWN,
            "the machine",
            Optional.empty(),
            evidence,
            REMEDY));
  }
}
