// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.List;
import java.util.Optional;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;

/** Verdicts to print. */
final class Verdicts {
  private Verdicts() {}

  static Verdict broken() {
    return Verdict.of(
        List.of(
            new Finding(
                FindingCode.L1, Severity.NOTE, "00:04.0 e1000e", Optional.empty(), List.of(), ""),
            new Finding(
                FindingCode.A1,
                Severity.BROKEN,
                "00:03.0 nvme",
                Optional.of(AddressRange.parse("0x2d000000-0x3cffffff")),
                List.of(
                    "context entry at 0x1002030 = 0x0000000001003001: domain 3, 3 levels",
                    "entry at 0x1003000 = 0x0: not present, so none of the 65536 pages from IOVA"
                        + " 0x2d000000 on is mapped for this device"),
                "arm the range: crashlane arm qemu:/run/vm.qmp --crash-range"
                    + " 0x2d000000-0x3cffffff"),
            new Finding(
                FindingCode.L3,
                Severity.UNKNOWN,
                "00:03.0 nvme",
                Optional.of(AddressRange.parse("0x1004000-0x1004fff")),
                List.of("the page was left out of the dump"),
                "dump with makedumpfile -d 0")));
  }

  static Verdict holds() {
    return Verdict.of(List.of());
  }

  static Verdict unknown() {
    return Verdict.of(
        List.of(
            new Finding(
                FindingCode.A3,
                Severity.UNKNOWN,
                "00:03.0 nvme",
                Optional.empty(),
                List.of("registers not readable"),
                "run as root")));
  }
}
