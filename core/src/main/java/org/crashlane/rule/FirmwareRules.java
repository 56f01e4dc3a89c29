// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.List;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Reading.Region;
import org.crashlane.rule.Remedy.KernelOption;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Subject.OfFirmware;

/**
 * F1: does firmware have a device use memory of the crash range? Such a device writes there after
 * the crash as before it, whoever the dump goes through: no kernel started it and none stops it. A
 * region should lie in memory that firmware reserves. Where it does not, Linux says "No firmware
 * reserved region can cover this RMRR" (arch/x86/include/asm/iommu.h, arch_rmrr_sanity_check), goes
 * on, and {@code crashkernel=} may take the memory.
 */
final class FirmwareRules {
  private final FindingList findings;

  FirmwareRules(FindingList findings) {
    this.findings = findings;
  }

  /** Whether a device gets through to pages of the crash range. */
  enum Reach {
    KEPT_OUT,
    NOT_KNOWN,
    REACHED;

    Reach or(Reach other) {
      return compareTo(other) >= 0 ? this : other;
    }
  }

  /** {@return the regions of {@code machine} that overlap a crash range} */
  static List<FirmwareRegion> inCrashRange(Machine machine) {
    return machine.firmwareRegions().stream()
        .filter(region -> machine.crashRanges().stream().anyMatch(region.range()::overlaps))
        .toList();
  }

  /**
   * Judges one region in a crash range.
   *
   * @param reach what the devices that use it get through to
   */
  void judge(Machine machine, FirmwareRegion region, Reach reach) {
    List<AddressRange> overlaps =
        machine.crashRanges().stream()
            .flatMap(crash -> region.range().intersection(crash).stream())
            .toList();
    Fact requests =
        switch (reach) {
          case REACHED -> Fact.REQUESTS_REACH_CRASH_RANGE;
          case KEPT_OUT -> Fact.REQUESTS_BLOCKED;
          case NOT_KNOWN -> Fact.REQUESTS_NOT_KNOWN;
        };
    Severity severity =
        switch (reach) {
          case REACHED -> Severity.BROKEN;
          case NOT_KNOWN -> Severity.UNKNOWN;
          case KEPT_OUT -> Severity.NOTE;
        };
    findings.add(
        new Finding(
            FindingCode.F1,
            severity,
            new OfFirmware(region),
            overlaps,
            List.of(new Region(region), requests),
            List.of(KernelOption.OTHER_CRASH_RANGE, Step.REPORT_REGION)));
  }
}
