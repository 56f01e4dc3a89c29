// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.rehearsal.DumpOutcome.Missing;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Prediction;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Sighting;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Crashes a real kernel behind an AMD IOMMU; a run takes 15 to 40 seconds without KVM. */
@Tag("lab")
class AmdviStageTest {
  private static final GuestConfig CONFIG = GuestConfig.defaults().withMapping(MappingMode.AMDVI);

  @Test
  void withoutTheRuleThereIsNoDump() throws IOException {
    Rehearsal rehearsal = StagedCrash.of(CONFIG, Scenario.of(MappingMode.AMDVI, Strategy.NONE));

    assertInstanceOf(Missing.class, rehearsal.observations().dump());
    assertEquals(Prediction.NO_DUMP, rehearsal.prediction());
    assertEquals(Answer.BROKEN, rehearsal.verdict().answer());
    assertEquals(Set.of(FindingCode.A1, FindingCode.D1), StagedCrash.broken(rehearsal));
    List<Evidence> faults = rehearsal.observations().faultsAfterCrash();
    assertTrue(faults.stream().anyMatch(Sighting.Blocked.class::isInstance));
    StagedCrash.assertCaptureKernelWasBlind(rehearsal);
  }

  @Test
  void armedFromOutsideWithInterruptsPreparedTheDumpIsWritten() throws IOException {
    Rehearsal rehearsal =
        StagedCrash.of(
            CONFIG.with(TestHardware.of(1, DiskKind.NVME, true)).withInterruptsPrepared(true),
            Scenario.of(MappingMode.AMDVI, Strategy.IDENTITY, HandKind.OUTSIDE));

    StagedCrash.assertHolds(rehearsal);
  }

  @Test
  void armedWhenItHasCrashedTheDumpIsWritten() throws IOException {
    Rehearsal rehearsal =
        StagedCrash.of(
            CONFIG, Scenario.of(MappingMode.AMDVI, Strategy.IDENTITY, HandKind.WHEN_CRASHED));

    StagedCrash.assertHolds(rehearsal);
  }

  @Test
  void armedFromInsideACaptureKernelThatHasTheDriverWritesTheDump() throws IOException {
    Rehearsal rehearsal =
        StagedCrash.of(
            CONFIG.withKernels(kernels -> kernels.withCapture(KernelFlavour.FULL)),
            Scenario.of(MappingMode.AMDVI, Strategy.IDENTITY, HandKind.INSIDE));

    StagedCrash.assertHolds(rehearsal);
  }
}
