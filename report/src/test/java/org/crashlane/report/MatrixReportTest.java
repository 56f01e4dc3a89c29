// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.rehearsal.Aftermath;
import org.crashlane.rehearsal.ArmingCost;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.DumpOutcome.Damaged;
import org.crashlane.rehearsal.DumpOutcome.Missing;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Observations;
import org.crashlane.rehearsal.Prediction;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rehearsal.Tally;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Sighting.Modelled;
import org.crashlane.rule.Subject.OfDevice;
import org.crashlane.rule.Verdict;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;

class MatrixReportTest {
  private static final DumpOutcome DUMP = new Written(294_912, "2.6.27", 1L << 30);
  private static final DumpOutcome NONE = new Missing(new Modelled(Reason.of(Said.DISK_SILENT)));
  private static final MatrixReport REPORT = new MatrixReport(80, Colours.off());
  private static final MatrixDetails DETAILS = new MatrixDetails(100, Colours.off());

  @Test
  void matrixIsAsReviewed() throws IOException {
    Golden.check("matrix.txt", REPORT.of(cells()));
    Golden.check("matrix-details.txt", DETAILS.of(cells()));
  }

  @Test
  void programsGetTheSameAsJsonWithoutTimes() throws IOException {
    String json = JsonReport.text(MatrixJson.of(cells()));
    Golden.check("matrix.json", json);
    assertFalse(json.contains("Millis"), json);
  }

  @Test
  void linesFitTheirWidth() {
    REPORT.of(cells()).lines().forEach(line -> assertTrue(line.length() <= 80, line));
    DETAILS.of(cells()).lines().forEach(line -> assertTrue(line.length() <= 100, line));
  }

  @Test
  void coloursAreForTerminalsOnly() {
    assertFalse(REPORT.of(cells()).contains("\u001b"));
    assertTrue(new MatrixReport(100, new Colours(true)).of(cells()).contains("\u001b"));
  }

  @Test
  void worstRunStandsForItsCellWithItsSeed() {
    Rehearsal good = run(MappingMode.VTD, Strategy.IDENTITY, DUMP, 0);
    Rehearsal bad = run(MappingMode.VTD, Strategy.IDENTITY, NONE, 0);
    Rehearsal worse = run(MappingMode.VTD, Strategy.IDENTITY, NONE, 12);
    MatrixCell cell = new MatrixCell("vtd", 7, List.of(good, bad, worse, bad));
    assertEquals(worse, cell.worst());
    assertEquals(9, cell.worstSeed());
    assertEquals(Answer.BROKEN, cell.answer());
    assertEquals(1, cell.dumpCount());
    assertEquals(8, new MatrixCell("vtd", 7, List.of(good, bad, bad)).worstSeed());
    assertTrue(DETAILS.table(List.of(cell)).contains("1 of 4"));
    assertTrue(DETAILS.reasons(List.of(cell)).startsWith("\nvtd, identity, seed 9\n"));
    String matrix = REPORT.of(List.of(cell));
    assertTrue(matrix.contains("LOST! 1/4"), matrix);
    assertTrue(matrix.contains("k/n in k of n seeds"), matrix);
  }

  /**
   * One that got through by chance is no reason to trust it: the rule may be broken all the same.
   */
  @Test
  void theRuleIsTheWorstOfAllRuns() {
    Rehearsal lost = run(MappingMode.VTD, Strategy.NONE, NONE, 0);
    Rehearsal kept = run(MappingMode.VTD, Strategy.IDENTITY, DUMP, 0);
    assertEquals(Answer.BROKEN, new MatrixCell("vtd", 1, List.of(kept, lost)).answer());
    assertEquals(1, new MatrixCell("vtd", 1, List.of(kept, lost)).outcomeCount());
    assertTrue(new MatrixCell("vtd", 1, List.of(kept, lost)).isMixed());
    assertFalse(new MatrixCell("vtd", 1, List.of(kept, kept)).isMixed());
  }

  @Test
  void cellWithoutRunsIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new MatrixCell("vtd", 1, List.of()));
  }

  private static List<MatrixCell> cells() {
    return List.of(
        cell("gart", MappingMode.GART, Strategy.NONE, DUMP, 0),
        cell("gart", MappingMode.GART, Strategy.IDENTITY, DUMP, 0),
        cell("gart", MappingMode.GART, Strategy.OFF, DUMP, 4711),
        cell("vtd", MappingMode.VTD, Strategy.NONE, NONE, 0),
        cell("vtd", MappingMode.VTD, Strategy.IDENTITY, DUMP, 0),
        cell(
            "vtd",
            MappingMode.VTD,
            Strategy.OFF,
            new Damaged(new Amount(Quantity.BYTES_OF_DUMP_DIFFERENT, 2)),
            0));
  }

  private static MatrixCell cell(
      String machine, MappingMode mode, Strategy strategy, DumpOutcome dump, long corrupted) {
    return new MatrixCell(machine, 1, List.of(run(mode, strategy, dump, corrupted)));
  }

  private static Rehearsal run(
      MappingMode mode, Strategy strategy, DumpOutcome dump, long corrupted) {
    boolean armed = mode == MappingMode.VTD && strategy == Strategy.IDENTITY;
    ArmingCost cost = armed ? new ArmingCost(4, 64, 16_392, 99) : ArmingCost.NONE;
    Verdict tables =
        mode == MappingMode.VTD && !armed
            ? Verdict.of(List.of(unmapped("01:00.0", "nvme"), unmapped("02:00.0", "nic")))
            : Verdict.of(List.of());
    Observations observations =
        new Observations(
            dump,
            List.of(),
            List.of(),
            List.of(),
            strategy != Strategy.OFF,
            new Tally(corrupted, 358, 14, cost));
    return new Rehearsal(
        Scenario.of(mode, strategy),
        tables,
        Prediction.of(strategy, tables),
        observations,
        Aftermath.judge(strategy, tables, observations),
        Duration.ofMillis(1),
        Duration.ofMillis(1));
  }

  private static Finding unmapped(String requester, String name) {
    return new Finding(
        FindingCode.A1,
        Severity.BROKEN,
        new OfDevice(Verdicts.device(requester, name)),
        List.of(),
        List.of(new Amount(Quantity.BYTES_UNMAPPED, 0x8000000, 0x8000000)),
        List.of(Step.ARM));
  }
}
