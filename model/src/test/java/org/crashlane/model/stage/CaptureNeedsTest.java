// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.model.spec.file.MachineFile;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Prediction;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** A capture kernel that takes AMD's units over makes a device table, which lies below 4 GiB. */
final class CaptureNeedsTest {
  private static final String LOW = "  - {at: 0x38000000, size: 128M}\n";
  private static final String HIGH = "  - {at: 0x104000000, size: 128M}\n";

  private static Rehearsal rehearse(String crash, String adoption, Strategy strategy) {
    String text =
        BuiltInMachines.text("amdvi")
            .orElseThrow()
            .replace(LOW, crash)
            .replace("adoption: copy", "adoption: " + adoption);
    return new ModelStage(MachineFile.read("amdvi", text), 1)
        .rehearse(Scenario.of(MappingMode.AMDVI, strategy), _ -> {});
  }

  private static boolean lacksMemory(Verdict verdict) {
    return verdict.findings().stream()
        .anyMatch(f -> f.code() == FindingCode.B4 && f.subject() == Part.CAPTURE_KERNEL);
  }

  @ParameterizedTest
  @EnumSource(names = {"ADOPT", "ABORT", "RESET"})
  void withoutRoomForItThereIsNoDumpAndTheTablesSaySo(Strategy strategy) {
    Rehearsal rehearsal = rehearse(HIGH, "copy", strategy);
    assertTrue(lacksMemory(rehearsal.tablesBeforeCrash()));
    assertEquals(Prediction.NO_DUMP, rehearsal.prediction());
    assertFalse(rehearsal.observations().dump().gotThrough());
    assertTrue(lacksMemory(rehearsal.verdict()));
  }

  @ParameterizedTest
  @EnumSource(names = {"ADOPT", "ABORT", "RESET"})
  void aLowRangeBesideItServes(Strategy strategy) {
    Rehearsal rehearsal = rehearse(HIGH + LOW, "copy", strategy);
    assertFalse(lacksMemory(rehearsal.tablesBeforeCrash()));
    assertEquals(Prediction.DUMP, rehearsal.prediction());
    assertTrue(rehearsal.observations().dump().gotThrough());
  }

  @ParameterizedTest
  @EnumSource(
      names = {"ABORT", "RESET"},
      mode = Mode.EXCLUDE)
  void oneThatMakesNoneNeedsNoRoom(Strategy strategy) {
    Rehearsal rehearsal = rehearse(HIGH, "reuse", strategy);
    assertFalse(lacksMemory(rehearsal.tablesBeforeCrash()));
    assertFalse(lacksMemory(rehearsal.verdict()));
  }
}
