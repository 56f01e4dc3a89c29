// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;

/** What lost interrupts let one expect. */
final class PredictionTest {

  private static Prediction predicted(Strategy strategy, Finding... findings) {
    return Prediction.of(strategy, Verdict.of(List.of(findings)));
  }

  private static Finding finding(FindingCode code, Severity severity) {
    return new Finding(code, severity, Part.DUMP_DISK, List.of(), List.of(), List.of());
  }

  @Test
  void lostInterruptsLeaveItOpenWhetherThereIsADump() {
    Finding lost = finding(FindingCode.C3, Severity.BROKEN);
    assertEquals(Prediction.UNKNOWN, predicted(Strategy.IDENTITY, lost));
    assertEquals(
        Prediction.UNKNOWN,
        predicted(Strategy.IDENTITY, finding(FindingCode.C3, Severity.UNKNOWN)));
    assertEquals(
        Prediction.DUMP, predicted(Strategy.IDENTITY, finding(FindingCode.C3, Severity.NOTE)));
    assertTrue(Prediction.UNKNOWN.agreesWith(new DumpOutcome.Missing(Fact.DISK_UNTOUCHED)));
  }

  @Test
  void whatStopsDmaStopsTheDumpWhateverBecomesOfInterrupts() {
    Finding unmapped = finding(FindingCode.A1, Severity.BROKEN);
    Finding lost = finding(FindingCode.C3, Severity.BROKEN);
    assertEquals(Prediction.NO_DUMP, predicted(Strategy.NONE, unmapped, lost));
  }

  @Test
  void aCaptureKernelThatTakesTheIommuOverHasItsOwnInterrupts() {
    Finding lost = finding(FindingCode.C3, Severity.BROKEN);
    assertEquals(Prediction.DUMP, predicted(Strategy.ADOPT, lost));
  }
}
