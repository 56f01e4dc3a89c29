// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;

/** What a verdict on tables predicts comes first, then the rule, then what to change. */
final class ForecastReportTest {
  private static final String COMMAND = "crashlane arm qemu:/run/guest.qmp --when-crashed";

  private static String of(Finding... findings) {
    return new ForecastReport(80, Colours.off()).of(Verdict.of(List.of(findings)), COMMAND);
  }

  private static Finding finding(FindingCode code, Severity severity, Step... steps) {
    return new Finding(
        code, severity, Part.CRASH_RANGE, List.of(), List.of(Fact.NO_ENTRY), List.of(steps));
  }

  @Test
  void wellSetUpIsTwoLines() {
    assertEquals("RESULT    ok  dump complete (predicted)\nRULE      HOLDS\n", of());
  }

  @Test
  void aLostDumpNamesTheCauseAndTheCommandThatHelps() {
    assertEquals(
        """
        RESULT    LOST  no dump (predicted)
          adopt   ok  dump complete (predicted), if the capture kernel copies the old
                  tables, as Linux does by default
        RULE      BROKEN  A1: crash range not mapped for the dump device
        FIX       1  crashlane arm qemu:/run/guest.qmp --when-crashed
                  2  identity-map the crash range in this table before the crash
        MORE      crashlane explain A1
        """,
        of(finding(FindingCode.A1, Severity.BROKEN, Step.ARM)));
  }

  @Test
  void aRangeThatIsNotConfirmedIsUnknownAndPromisesNothingOfAdopting() {
    String alone = of(finding(FindingCode.M3, Severity.UNKNOWN, Step.LOAD_CAPTURE_KERNEL));
    assertEquals(
        List.of(
            "RESULT    UNKNOWN  whether a dump is written is not known",
            "RULE      UNKNOWN  M3: crash range not confirmed"),
        alone.lines().limit(2).toList());
    String lost =
        of(
            finding(FindingCode.A1, Severity.BROKEN, Step.ARM),
            finding(FindingCode.M3, Severity.UNKNOWN));
    assertTrue(lost.startsWith("RESULT    LOST"), lost);
    assertFalse(lost.contains("adopt"), lost);
  }

  @Test
  void inFlightDmaThatReachesTheCrashRangeIsNoGoodOutcome() {
    assertTrue(
        of(finding(FindingCode.L1, Severity.BROKEN))
            .startsWith("RESULT    ok!  dump written (predicted), but DMA may overwrite memory\n"));
    assertTrue(
        of(finding(FindingCode.L1, Severity.UNKNOWN))
            .startsWith("RESULT    ok  dump complete (predicted), unless in-flight DMA"));
  }

  @Test
  void everyLineFitsAndNothingIsHiddenByWidth() {
    Verdict verdict =
        Verdict.of(
            Stream.of(FindingCode.values())
                .map(code -> finding(code, Severity.BROKEN, Step.ARM, Step.HIDE_IOMMU))
                .toList());
    String text = new ForecastReport(60, Colours.off()).of(verdict, COMMAND);
    text.lines().forEach(line -> assertTrue(line.length() <= 60, line));
    assertTrue(text.contains("D3"), text);
  }
}
