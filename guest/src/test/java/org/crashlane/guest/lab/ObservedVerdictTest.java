// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.crashlane.guest.lab.ObservedVerdict.Said;
import org.crashlane.guest.lab.iommu.LabIommu;
import org.crashlane.guest.lab.iommu.LabIommu.Sightings;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Evidence.Quote;
import org.crashlane.rule.Evidence.Source;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Sighting.BlockedInterrupt;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;

class ObservedVerdictTest {
  private static final LabIommu INTEL = LabIommus.of(MappingMode.VTD);
  private static final LabIommu AMD = LabIommus.of(MappingMode.AMDVI);
  private static final Sightings QUIET = new Sightings(List.of(), List.of(), List.of(), List.of());
  private static final Said SILENT = new Said(new CaptureConsole(List.of()), List.of());
  private static final Verdict BLOCKED =
      Verdict.of(
          List.of(
              new Finding(
                  FindingCode.C3,
                  Severity.BROKEN,
                  Part.IO_APICS,
                  List.of(),
                  List.of(Fact.JUDGED_NOT_OBSERVED),
                  List.of(Step.GIVE_ACPI_TABLE))));

  @Test
  void blockedInterruptsAreShownWhereTheyWereJudged() {
    Sightings seen =
        new Sightings(List.of(), List.of(), List.of(), List.of(interrupt(0x30), interrupt(0x31)));
    Finding finding = ObservedVerdict.of(BLOCKED, AMD, true, seen, SILENT).findings().getFirst();
    assertEquals(
        List.of(
            Fact.JUDGED_NOT_OBSERVED, new Amount(Quantity.INTERRUPTS_BLOCKED, 2), interrupt(0x30)),
        finding.evidence());
    assertEquals(List.of(Step.GIVE_ACPI_TABLE), finding.remedies());
  }

  private static Evidence interrupt(long data) {
    return new BlockedInterrupt(Part.IO_APICS, 0xfee00000L, data, "blocked");
  }

  @Test
  void whatAnEmulatorLetsPassIsJudgedAndNotObserved() {
    Verdict verdict = ObservedVerdict.of(BLOCKED, INTEL, true, QUIET, SILENT);
    assertEquals(
        List.of(
            Fact.JUDGED_NOT_OBSERVED,
            new Amount(Quantity.INTERRUPTS_BLOCKED, 0),
            Fact.EMULATOR_LETS_COMPATIBILITY_PASS),
        verdict.findings().getFirst().evidence());
    assertEquals(Answer.BROKEN, verdict.answer());
  }

  @Test
  void aStrategyThatTheKernelDoesNotFollowIsNoted() {
    Verdict verdict = ObservedVerdict.of(Verdict.of(List.of()), AMD, false, QUIET, SILENT);
    assertEquals(Answer.HOLDS, verdict.answer());
    assertEquals(FindingCode.C5, verdict.findings().getFirst().code());
    assertEquals(Severity.NOTE, verdict.findings().getFirst().severity());
  }

  @Test
  void aLostDumpIsExplainedByTheConsole() {
    Finding lost =
        new Finding(
            FindingCode.D1,
            Severity.BROKEN,
            Part.DUMP_DISK,
            List.of(),
            List.of(Fact.DISK_UNTOUCHED),
            List.of());
    CaptureConsole console =
        new CaptureConsole(List.of("[ 9.1] nvme nvme0: I/O 4 QID 0 timeout, disable controller"));
    Verdict verdict =
        ObservedVerdict.of(
            Verdict.of(List.of(lost)), AMD, true, QUIET, new Said(console, List.of()));
    assertEquals(
        List.of(
            Fact.DISK_UNTOUCHED,
            new Quote(
                Source.CAPTURE_KERNEL, "nvme nvme0: I/O 4 QID 0 timeout, disable controller")),
        verdict.findings().getFirst().evidence());
  }

  @Test
  void nothingSeenChangesNothing() {
    Verdict verdict = Verdict.of(List.of());
    assertEquals(verdict, ObservedVerdict.of(verdict, INTEL, true, QUIET, SILENT));
  }
}
