// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.crashlane.arming.Refusal;
import org.crashlane.arming.Refused;
import org.crashlane.rehearsal.CaptureKernel;
import org.crashlane.rehearsal.CaptureKernel.State;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a verdict on tables predicts comes first, then the rule, then what to change. */
final class ForecastReportTest {
  private static final String COMMAND = "crashlane arm qemu:/run/guest.qmp --when-crashed";

  private static String of(Finding... findings) {
    return of(loaded("maxcpus=1"), findings);
  }

  private static String of(CaptureKernel capture, Finding... findings) {
    return new ForecastReport(80, Colours.off())
        .of(Verdict.of(List.of(findings)), capture, List.of(COMMAND));
  }

  private static CaptureKernel loaded(String commandLine) {
    return new CaptureKernel(MappingMode.VTD, State.LOADED, commandLine);
  }

  private static CaptureKernel in(State state) {
    return new CaptureKernel(MappingMode.VTD, state, "");
  }

  private static Finding finding(FindingCode code, Severity severity, Step... steps) {
    return new Finding(
        code, severity, Part.CRASH_RANGE, List.of(), List.of(Fact.NO_ENTRY), List.of(steps));
  }

  @Test
  void wellSetUpIsTwoLines() {
    assertEquals(
        "RESULT    ok  dump complete (predicted)\nRULE      HOLDS\n", of(in(State.NOT_KNOWN)));
  }

  @Test
  void aBlindCaptureKernelLosesTheDumpAndArmingHelps() {
    assertEquals(
        """
        RESULT    LOST  no dump (predicted)
        CAPTURE   maxcpus=1
                  sees no IOMMU: its initrd brings a DMAR table without units
        RULE      BROKEN  A1: crash range not mapped for the dump device
        FIX       1  crashlane arm qemu:/run/guest.qmp --when-crashed
        MORE      crashlane explain A1
        """,
        of(
            new CaptureKernel(MappingMode.VTD, State.LOADED_BLIND, "maxcpus=1"),
            finding(FindingCode.A1, Severity.BROKEN, Step.ARM)));
  }

  @Test
  void withoutAParameterItDependsOnTheCaptureKernelAndTheSimplestFixComesFirst() {
    assertEquals(
        """
        RESULT    UNKNOWN  depends on the capture kernel: LOST if it sees no IOMMU, ok
                  if it copies the old tables (predicted)
        CAPTURE   maxcpus=1
                  no intel_iommu=on: whether it drives the IOMMU depends on how it was
                  built (INTEL_IOMMU_DEFAULT_ON)
        RULE      BROKEN  A1: crash range not mapped for the dump device
        FIX       1  give the capture kernel intel_iommu=on after what it has
                  (KDUMP_COMMANDLINE_APPEND in /etc/sysconfig/kdump;
                  KDUMP_CMDLINE_APPEND in /etc/default/kdump-tools, which replaces a
                  default: repeat that): Linux 4.2 and later then copies the old tables
                  2  crashlane arm qemu:/run/guest.qmp --when-crashed
        MORE      crashlane explain A1
        """,
        of(finding(FindingCode.A1, Severity.BROKEN, Step.ARM)));
  }

  @Test
  void oneThatCopiesTheTablesWritesTheDumpThoughTheRuleIsBroken() {
    assertEquals(
        """
        RESULT    ok  dump complete (predicted)
        CAPTURE   intel_iommu=on maxcpus=1
                  intel_iommu=on: copies the old tables (Linux 4.2 and later, if it is
                  built with the driver)
        RULE      BROKEN  A1: crash range not mapped for the dump device
        MORE      crashlane explain A1
        """,
        of(loaded("intel_iommu=on maxcpus=1"), finding(FindingCode.A1, Severity.BROKEN, Step.ARM)));
    assertTrue(
        of(loaded("intel_iommu=on"), finding(FindingCode.L1, Severity.BROKEN))
            .startsWith("RESULT    ok!  dump written (predicted), but DMA may overwrite"));
  }

  @Test
  void oneThatTookTheIommuOverNeededNoArming() {
    String text =
        of(in(State.TOOK_OVER), finding(FindingCode.C2, Severity.BROKEN, Step.HIDE_IOMMU));
    assertTrue(text.startsWith("RESULT    ok  dump complete (predicted): the capture"), text);
    assertTrue(text.contains("arming was not needed"), text);
    assertTrue(text.contains("RULE      BROKEN  C2"), text);
    assertFalse(text.contains("FIX"), text);
  }

  @Test
  void aCrashedGuestIsNotResetButDumped() {
    String text = of(in(State.RUNS), finding(FindingCode.A1, Severity.BROKEN, Step.ARM));
    assertTrue(text.startsWith("RESULT    UNKNOWN  the guest has crashed"), text);
    assertTrue(text.contains("FIX       1  have QEMU write the memory"), text);
    assertTrue(text.contains("/sys/bus/pci/drivers/nvme/bind"), text);
    assertTrue(text.contains("2  " + COMMAND + "\n"), text);
  }

  @Test
  void whereArmingIsRefusedTheCommandIsNotOffered() {
    String text =
        new ForecastReport(80, Colours.off())
            .ofRefused(
                Verdict.of(List.of(finding(FindingCode.A1, Severity.BROKEN, Step.ARM))),
                loaded("maxcpus=1"),
                Refused.because(
                    Refusal.Kind.CACHES_ABSENT,
                    Part.IOMMU,
                    List.of(Fact.CACHES_ABSENT),
                    Step.ARM_INSIDE));
    assertTrue(text.contains("FIX       1  arm it from inside, by the crashlane_arm"), text);
    assertTrue(text.contains("2  give the capture kernel intel_iommu=on"), text);
    assertFalse(text.contains("--when-crashed"), text);
    assertFalse(text.contains("in this table"), text);
  }

  @Test
  void aRangeThatIsNotConfirmedIsUnknownAndPromisesNothing() {
    String alone = of(finding(FindingCode.M3, Severity.UNKNOWN, Step.LOAD_CAPTURE_KERNEL));
    assertEquals(
        List.of(
            "RESULT    UNKNOWN  whether a dump is written is not known",
            "RULE      UNKNOWN  M3: crash range not confirmed"),
        alone.lines().filter(line -> line.startsWith("R")).toList());
    String lost =
        of(
            loaded("intel_iommu=on"),
            finding(FindingCode.A1, Severity.BROKEN, Step.ARM),
            finding(FindingCode.M3, Severity.UNKNOWN));
    assertTrue(lost.startsWith("RESULT    LOST"), lost);
    assertFalse(lost.contains("ok"), lost);
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
    String text =
        new ForecastReport(60, Colours.off())
            .of(verdict, loaded("intel_iommu=on " + "x ".repeat(1500)), List.of(COMMAND));
    text.lines().forEach(line -> assertTrue(line.length() <= 60, line));
    assertTrue(text.contains("D3"), text);
  }

  @ParameterizedTest
  @CsvSource({
    "VTD, intel_iommu=on iommu=off, its parameters contradict each other",
    "VTD, intel_iommu=on intel_iommu=off, its parameters contradict each other",
    "VTD, 'intel_iommu=on,off', its parameters contradict each other",
    "VTD, intel_iommu=on acpi=off, acpi=off: it reads no ACPI table",
    "VTD, 'x=\"y\" intel_iommu=on', its parameters have quotes",
    "VTD, iommu=off, iommu=off: switches the IOMMU off (Linux 4.12 and later",
    "AMDVI, amd_iommu=off iommu=off, iommu=off: leaves the IOMMU as it is (if it is built",
    "AMDVI, iommu=off, iommu=off: leaves the IOMMU as it is (if it is built",
    "AMDVI, maxcpus=1, no amd_iommu=off: copies the old tables",
  })
  void whatACommandLineMeansIsSaidOfWhatItHas(MappingMode mode, String line, String meaning) {
    String text =
        of(
            new CaptureKernel(mode, State.LOADED, line),
            finding(FindingCode.A1, Severity.BROKEN, Step.ARM));
    assertTrue(text.contains(meaning), text);
    assertEquals(
        meaning.startsWith("no "), text.contains("no intel_iommu=on") || text.contains("no amd_"));
    assertEquals(meaning.startsWith("iommu=off: switches"), text.startsWith("RESULT    ok"), text);
  }

  @Test
  void whatLosesTheDumpComesBeforeWhatMay() {
    String text =
        of(
            new CaptureKernel(MappingMode.VTD, State.LOADED_BLIND, "maxcpus=1"),
            finding(FindingCode.C3, Severity.BROKEN),
            finding(FindingCode.A1, Severity.BROKEN, Step.ARM));
    assertTrue(text.startsWith("RESULT    LOST"), text);
    assertTrue(text.contains("RULE      BROKEN  A1 C3: crash range not mapped"), text);
  }

  @Test
  void theRuleIsNotCheckedOfAGuestThatHasCrashed() {
    String text = of(in(State.RUNS), finding(FindingCode.A1, Severity.UNKNOWN));
    assertTrue(text.contains("RULE      UNKNOWN  not checked: the tables may be"), text);
    assertFalse(text.contains("not mapped"), text);
  }
}
