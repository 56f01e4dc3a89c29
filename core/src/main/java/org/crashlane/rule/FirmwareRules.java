// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;

/**
 * F1: does firmware have a device use memory of the crash range? Such a device writes there after
 * the crash as before it, whoever the dump goes through: no kernel started it and none stops it. A
 * region should lie in memory that firmware reserves. Where it does not, Linux says "No firmware
 * reserved region can cover this RMRR" (arch/x86/include/asm/iommu.h, arch_rmrr_sanity_check), goes
 * on, and {@code crashkernel=} may take the memory.
 */
final class FirmwareRules {
  private static final String REMEDY =
      "reserve the crash range elsewhere (crashkernel=SIZE@OFFSET), and report the region to the"
          + " firmware's vendor: it lies in ordinary memory";

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
    Optional<AddressRange> overlap =
        machine.crashRanges().stream()
            .flatMap(crash -> region.range().intersection(crash).stream())
            .findFirst();
    List<String> evidence = new ArrayList<>();
    evidence.add(
        switch (region.kind()) {
          case MAPPED -> "firmware has it use memory at " + region.range() + " (RMRR, IVMD)";
          case EXCLUDED ->
              "firmware excludes memory at %s from translation for it (IVMD)"
                  .formatted(region.range());
        });
    evidence.add(
        switch (reach) {
          case REACHED -> "its requests reach memory of the crash range";
          case KEPT_OUT -> "as the tables are, its requests there are blocked";
          case NOT_KNOWN -> "it is not known whether its requests get there";
        });
    Severity severity =
        switch (reach) {
          case REACHED -> Severity.BROKEN;
          case NOT_KNOWN -> Severity.UNKNOWN;
          case KEPT_OUT -> Severity.NOTE;
        };
    findings.add(
        new Finding(FindingCode.F1, severity, region.devices(), overlap, evidence, REMEDY));
  }
}
