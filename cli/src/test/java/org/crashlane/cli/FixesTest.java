// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.model.stage.ModelStage;
import org.crashlane.rehearsal.CrashOutcome.Grade;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.report.Colours;
import org.crashlane.report.RehearsalReport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a screen advises to change is done on the model, and gets the dump. */
final class FixesTest {
  private static final int WIDTH = 80;
  private static final long SEED = 1;
  private static final Pattern NAMED = Pattern.compile("--strategy ([a-z]+)|rehearse (snp-reuse)");

  private static Stream<String> machines() {
    return BuiltInMachines.names().stream();
  }

  private static Rehearsal crash(String machine, Strategy strategy) {
    MachineSpec spec = BuiltInMachines.find(machine).orElseThrow();
    return new ModelStage(spec, SEED).rehearse(Scenario.of(spec.mode(), strategy), _ -> {});
  }

  /** {@return what the screen advises, one text for each number} */
  private static List<String> fixes(Rehearsal rehearsal) {
    String screen = new RehearsalReport(WIDTH, Colours.off()).screen(rehearsal, "");
    int from = screen.indexOf("\nFIX ");
    if (from < 0) {
      return List.of();
    }
    List<String> fixes = new ArrayList<>();
    for (String line : screen.substring(from + 1).lines().toList()) {
      if (!line.startsWith(" ") && !line.startsWith("FIX")) {
        break;
      }
      String text = line.substring("FIX       ".length());
      if (fixes.isEmpty() || Character.isDigit(text.charAt(0))) {
        fixes.add(text);
      } else {
        fixes.set(fixes.size() - 1, fixes.getLast() + " " + text);
      }
    }
    return fixes;
  }

  @ParameterizedTest
  @MethodSource("machines")
  void aFixThatNamesAStrategyGetsTheDump(String machine) {
    for (Strategy strategy : Strategy.values()) {
      for (String fix : fixes(crash(machine, strategy))) {
        isArmedWhereTheCaptureKernelIsBlind(fix);
        Matcher named = NAMED.matcher(fix);
        while (named.find()) {
          Strategy advised =
              named.group(1) == null
                  ? Strategy.ADOPT
                  : Strategy.valueOf(named.group(1).toUpperCase(Locale.ROOT));
          Rehearsal followed = crash(as(machine, fix), advised);
          assertEquals(
              Grade.GOOD, followed.outcome().grade(), machine + " " + strategy + ": " + fix);
        }
      }
    }
  }

  /** With SEV-SNP a fix may name the machine of a later kernel: then that is what is tried. */
  private static String as(String machine, String fix) {
    MachineSpec spec = BuiltInMachines.find(machine).orElseThrow();
    boolean isSnp = spec.spec(ModeSpec.class) instanceof ModeSpec.Amdvi amdvi && amdvi.snp();
    return isSnp && fix.contains("rehearse snp-reuse") ? "snp-reuse" : machine;
  }

  /** A capture kernel that sees no IOMMU loses the dump of a kernel that is not armed. */
  private static void isArmedWhereTheCaptureKernelIsBlind(String fix) {
    boolean isBlind = fix.contains("hide") || fix.contains("add amd_iommu=off");
    assertTrue(!isBlind || (fix.contains("arm the first") && fix.contains("(A1)")), fix);
  }

  @Test
  void noExplanationLosesADumpEither() {
    for (String code : List.of("C1", "C2", "C5", "C6", "D1", "L2")) {
      String text = Run.of("explain", code).out().replaceAll("\\s+", " ");
      assertTrue(!text.contains("hide") || text.contains("arm the first"), text);
    }
    assertTrue(Run.of("explain", "L2").out().contains("intel_iommu=on"));
  }

  @Test
  void theLostDumpsOfTheDefaultMachinesHaveAWayOut() {
    for (String machine : List.of("vtd", "amdvi", "snp-copy")) {
      for (Strategy strategy : Arrays.asList(Strategy.NONE, Strategy.OFF, Strategy.ADOPT)) {
        Rehearsal rehearsal = crash(machine, strategy);
        boolean isBad = rehearsal.outcome().grade() == Grade.BAD;
        assertFalse(isBad && rehearsal.waysOut().isEmpty(), machine + " " + strategy);
      }
    }
    assertEquals(2, crash("snp-copy", Strategy.ADOPT).waysOut().size());
  }
}
