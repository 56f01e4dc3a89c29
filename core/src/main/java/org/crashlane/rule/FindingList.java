// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.List;
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
      Subject subject,
      List<AddressRange> ranges,
      List<Evidence> evidence,
      Remedy... remedies) {
    findings.add(new Finding(code, Severity.BROKEN, subject, ranges, evidence, List.of(remedies)));
  }

  void note(
      FindingCode code,
      Subject subject,
      List<AddressRange> ranges,
      List<Evidence> evidence,
      Remedy... remedies) {
    findings.add(new Finding(code, Severity.NOTE, subject, ranges, evidence, List.of(remedies)));
  }

  /** What could not be read is unknown, never a pass. */
  void cannotTell(FindingCode code, Subject subject, List<Evidence> reasons, Remedy... remedies) {
    findings.add(Finding.unknown(code, subject, reasons, remedies));
  }
}
