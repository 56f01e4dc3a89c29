// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict.Answer;

/** One rehearsal of a test on stage qemu, and what tests ask of it. */
final class StagedCrash {
  private StagedCrash() {}

  /** {@return the rehearsal, which came out as the tables let one expect} */
  static Rehearsal of(GuestConfig config, Scenario scenario) throws IOException {
    QemuStage stage =
        new QemuStage(
            TestParts.orSkip(
                config.kernels(List.of(scenario.strategy())),
                config.hardware().devices().drivers()),
            config,
            Optional.empty());
    Rehearsal rehearsal = stage.rehearse(scenario, progress -> {});
    assertTrue(rehearsal.asPredicted(), rehearsal.toString());
    return rehearsal;
  }

  /** {@return the codes of what is broken} */
  static Set<FindingCode> broken(Rehearsal rehearsal) {
    return rehearsal.verdict().findings().stream()
        .filter(finding -> finding.severity() == Severity.BROKEN)
        .map(Finding::code)
        .collect(Collectors.toSet());
  }

  static void assertHolds(Rehearsal rehearsal) {
    assertEquals(Answer.HOLDS, rehearsal.tablesBeforeCrash().answer());
    assertEquals(Answer.HOLDS, rehearsal.verdict().answer(), rehearsal.verdict().toString());
    assertInstanceOf(Written.class, rehearsal.observations().dump());
    assertEquals(List.of(), rehearsal.observations().faultsAfterCrash());
    assertCaptureKernelWasBlind(rehearsal);
  }

  static void assertCaptureKernelWasBlind(Rehearsal rehearsal) {
    assertEquals(List.of(), rehearsal.observations().registerWritesAfterCrash());
    assertEquals(List.of(), rehearsal.observations().detection());
    assertTrue(rehearsal.observations().translatingAtEnd());
  }
}
