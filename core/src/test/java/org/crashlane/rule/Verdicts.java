// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;

/** What tests ask of verdicts. */
final class Verdicts {
  private Verdicts() {}

  /** {@return the one finding there is, of this code and severity} */
  static Finding only(Verdict verdict, FindingCode code, Severity severity) {
    assertEquals(1, verdict.findings().size(), verdict.toString());
    Finding finding = verdict.findings().getFirst();
    assertEquals(code, finding.code(), verdict.toString());
    assertEquals(severity, finding.severity(), verdict.toString());
    return finding;
  }

  /** {@return the findings of {@code code}} */
  static List<Finding> of(Verdict verdict, FindingCode code) {
    return verdict.findings().stream().filter(f -> f.code() == code).toList();
  }
}
