// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.crashlane.rehearsal.DumpOutcome.Missing;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Observations;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Crashes a real kernel behind an AMD IOMMU; a run takes some 15 seconds without KVM. */
@Tag("lab")
class AmdviStageTest {
  private static final GuestConfig CONFIG = GuestConfig.defaults().withMapping(MappingMode.AMDVI);

  @Test
  void withoutTheRuleThereIsNoDump() throws IOException {
    Observations seen = crash(Scenario.of(MappingMode.AMDVI, Strategy.NONE));

    assertInstanceOf(Missing.class, seen.dump());
    assertFalse(seen.faultsAfterCrash().isEmpty());
    assertCaptureKernelWasBlind(seen);
  }

  @Test
  void armedFromInsideTheDumpIsWritten() throws IOException {
    Observations seen = crash(Scenario.of(MappingMode.AMDVI, Strategy.IDENTITY, HandKind.INSIDE));

    assertInstanceOf(Written.class, seen.dump());
    assertEquals(List.of(), seen.faultsAfterCrash());
    assertCaptureKernelWasBlind(seen);
  }

  private static Observations crash(Scenario scenario) throws IOException {
    QemuStage stage =
        new QemuStage(
            TestParts.orSkip(CONFIG.flavours(List.of(scenario.strategy()))),
            CONFIG,
            Optional.empty());
    Observations seen = stage.rehearse(scenario, phase -> {}).observations();
    return seen;
  }

  private static void assertCaptureKernelWasBlind(Observations seen) {
    assertEquals(List.of(), seen.registerWritesAfterCrash());
    assertEquals(List.of(), seen.detectionLines());
    assertTrue(seen.translatingAtEnd());
  }
}
