// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.crashlane.rehearsal.LinuxSetting;
import org.crashlane.rehearsal.LinuxSetting.Means;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What people are advised to set is what the lab sets. */
final class LinuxSettingTest {
  private static final LabIommu VTD = new org.crashlane.guest.lab.iommu.vtd.LabUnit();
  private static final LabIommu AMD = new org.crashlane.guest.lab.iommu.amdvi.LabUnit();

  @ParameterizedTest
  @EnumSource(names = {"ADOPT", "OFF"})
  void whatTheLabSetsIsWhatMakesAKernelDoTheSame(Strategy strategy) {
    assertEquals(VTD.captureArguments(strategy), advised(strategy, MappingMode.VTD));
    assertEquals(AMD.captureArguments(strategy), advised(strategy, MappingMode.AMDVI));
  }

  private static List<String> advised(Strategy strategy, MappingMode mode) {
    LinuxSetting setting = LinuxSetting.of(strategy, mode).orElseThrow();
    return Stream.of(setting.parameter()).filter(text -> !text.isEmpty()).toList();
  }

  @ParameterizedTest
  @EnumSource(names = {"NONE", "IDENTITY"})
  void whereAKernelIsToSeeNoIommuTheLabSetsNoParameterAndHidesIntels(Strategy strategy) {
    assertEquals(List.of(), VTD.captureArguments(strategy));
    assertEquals(
        Means.HIDDEN_TABLE, LinuxSetting.of(strategy, MappingMode.VTD).orElseThrow().means());
  }

  @ParameterizedTest
  @EnumSource(names = {"RESERVE", "ABORT", "RESET"})
  void whatNoStockKernelDoesIsInNeither(Strategy strategy) {
    for (MappingMode mode : MappingMode.values()) {
      assertTrue(LinuxSetting.of(strategy, mode).isEmpty());
    }
    assertThrows(IllegalArgumentException.class, () -> VTD.captureArguments(strategy));
    assertThrows(IllegalArgumentException.class, () -> AMD.captureArguments(strategy));
  }
}
