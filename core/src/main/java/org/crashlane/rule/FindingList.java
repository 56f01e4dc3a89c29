// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.memory.AddressRange;

/** Findings as they are made. */
final class FindingList {
  private final List<Finding> findings = new ArrayList<>();

  List<Finding> all() {
    return List.copyOf(findings);
  }

  void add(Finding finding) {
    findings.add(finding);
  }

  void broken(
      FindingCode code,
      String subject,
      Optional<AddressRange> range,
      List<String> evidence,
      String remedy) {
    findings.add(new Finding(code, Severity.BROKEN, subject, range, evidence, remedy));
  }

  void note(
      FindingCode code,
      String subject,
      Optional<AddressRange> range,
      List<String> evidence,
      String remedy) {
    findings.add(new Finding(code, Severity.NOTE, subject, range, evidence, remedy));
  }

  /** What could not be read is unknown, never a pass. */
  void cannotTell(FindingCode code, String subject, List<String> reasons, String remedy) {
    findings.add(new Finding(code, Severity.UNKNOWN, subject, Optional.empty(), reasons, remedy));
  }
}
