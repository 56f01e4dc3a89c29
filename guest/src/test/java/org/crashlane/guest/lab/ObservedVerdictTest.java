// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.crashlane.guest.lab.iommu.LabIommu;
import org.crashlane.guest.lab.iommu.LabIommu.Sightings;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;

class ObservedVerdictTest {
  private static final LabIommu INTEL = LabIommus.of(MappingMode.VTD);
  private static final LabIommu AMD = LabIommus.of(MappingMode.AMDVI);
  private static final Sightings QUIET =
      new Sightings(Optional.empty(), List.of(), List.of(), List.of());
  private static final CaptureConsole SILENT = new CaptureConsole(List.of());
  private static final Verdict BLOCKED =
      Verdict.of(
          List.of(
              new Finding(
                  FindingCode.C3,
                  Severity.BROKEN,
                  "00:02.0 nvme",
                  Optional.empty(),
                  List.of("judged"),
                  "remedy")));

  @Test
  void blockedInterruptsAreShownWhereTheyWereJudged() {
    Sightings seen =
        new Sightings(Optional.empty(), List.of(), List.of(), List.of("the timer's", "another"));
    Finding finding =
        ObservedVerdict.of(BLOCKED, AMD, Strategy.IDENTITY, seen, SILENT).findings().getFirst();
    assertEquals(
        List.of(
            "judged", "in this run 2 interrupts were blocked after the panic; first: the timer's"),
        finding.evidence());
    assertEquals("remedy", finding.remedy());
  }

  @Test
  void whatAnEmulatorLetsPassIsJudgedAndNotObserved() {
    Verdict verdict = ObservedVerdict.of(BLOCKED, INTEL, Strategy.IDENTITY, QUIET, SILENT);
    List<String> evidence = verdict.findings().getFirst().evidence();
    assertEquals("in this run no interrupt was seen to be blocked", evidence.get(1));
    assertTrue(evidence.getLast().contains("hardware does not"), evidence.toString());
    assertEquals(Answer.BROKEN, verdict.answer());
  }

  @Test
  void aStrategyThatTheKernelDoesNotFollowIsNoted() {
    Verdict verdict = ObservedVerdict.of(Verdict.of(List.of()), AMD, Strategy.OFF, QUIET, SILENT);
    assertEquals(Answer.HOLDS, verdict.answer());
    assertEquals(FindingCode.A1, verdict.findings().getFirst().code());
    assertEquals(Severity.NOTE, verdict.findings().getFirst().severity());
  }

  @Test
  void aLostDumpIsExplainedByTheConsole() {
    Finding lost =
        new Finding(
            FindingCode.D1,
            Severity.BROKEN,
            "dump disk",
            Optional.empty(),
            List.of("nothing was written"),
            "remedy");
    CaptureConsole console =
        new CaptureConsole(List.of("[ 9.1] nvme nvme0: I/O 4 QID 0 timeout, disable controller"));
    Verdict verdict =
        ObservedVerdict.of(Verdict.of(List.of(lost)), AMD, Strategy.IDENTITY, QUIET, console);
    assertEquals(
        List.of(
            "nothing was written",
            "the capture kernel said: nvme nvme0: I/O 4 QID 0 timeout, disable controller"),
        verdict.findings().getFirst().evidence());
  }

  @Test
  void nothingSeenChangesNothing() {
    Verdict verdict = Verdict.of(List.of());
    assertEquals(verdict, ObservedVerdict.of(verdict, INTEL, Strategy.OFF, QUIET, SILENT));
  }
}
