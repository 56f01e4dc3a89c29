// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.crashlane.rehearsal.CaptureKernel.State;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Which strategy a capture kernel follows, by its command line. */
final class CaptureKernelTest {

  private static Optional<Strategy> strategy(MappingMode mode, State state, String commandLine) {
    return new CaptureKernel(mode, state, commandLine).setting().map(LinuxSetting::strategy);
  }

  private static Optional<Strategy> vtd(String commandLine) {
    return strategy(MappingMode.VTD, State.LOADED, commandLine);
  }

  @Test
  void intelsParameterDecides() {
    assertEquals(Optional.of(Strategy.ADOPT), vtd("maxcpus=1 intel_iommu=on,sm_on"));
    assertEquals(Optional.of(Strategy.OFF), vtd("intel_iommu=off"));
    assertEquals(Optional.empty(), vtd("maxcpus=1 iommu=pt"));
    assertEquals(Optional.empty(), vtd("intel_iommu=sm_on"));
    assertEquals(Optional.empty(), vtd("xintel_iommu=on"));
  }

  @Test
  void parametersThatContradictDecideNothing() {
    assertEquals(Optional.empty(), vtd("intel_iommu=on intel_iommu=off"));
    assertEquals(Optional.empty(), vtd("intel_iommu=on iommu=off"));
  }

  @Test
  void behindAmdsOnlyOffDecides() {
    assertEquals(
        Optional.of(Strategy.NONE), strategy(MappingMode.AMDVI, State.LOADED, "amd_iommu=off"));
    assertEquals(Optional.empty(), strategy(MappingMode.AMDVI, State.LOADED, "maxcpus=1"));
    assertEquals(Optional.empty(), strategy(MappingMode.AMDVI, State.LOADED, "intel_iommu=on"));
  }

  @Test
  void aHiddenTableBeatsTheParameter() {
    assertEquals(
        Optional.of(Strategy.NONE),
        strategy(MappingMode.VTD, State.LOADED_BLIND, "intel_iommu=on"));
  }

  @Test
  void ofOneThatRunsOnlyWhatItDidIsKnown() {
    assertEquals(Optional.empty(), strategy(MappingMode.VTD, State.RUNS, ""));
    assertEquals(Optional.of(Strategy.ADOPT), strategy(MappingMode.VTD, State.TOOK_OVER, ""));
  }

  @ParameterizedTest
  @CsvSource({
    "VTD, intel-iommu=on, ADOPT",
    "VTD, intel-iommu=off intel_iommu=off, OFF",
    "VTD, intel_iommu=off -- intel_iommu=on, OFF",
    "VTD, -- intel_iommu=on, NO_PARAMETER",
    "VTD, intel_iommu=on --x, ADOPT",
    "VTD, intel_iommu=on intel-iommu=off, CONTRADICTION",
    "VTD, 'intel_iommu=on,off', CONTRADICTION",
    "VTD, intel_iommu=on iommu=off, CONTRADICTION",
    "VTD, iommu=off, OFF",
    "VTD, 'iommu=pt,off intel_iommu=off', OFF",
    "VTD, 'x=\"a intel_iommu=on\"', QUOTES",
    "VTD, intel_iommu=on acpi=off, NO_ACPI",
    "VTD, intel_iommu=on acpi=ht, NO_ACPI",
    "VTD, intel_iommu=on acpi=force, ADOPT",
    "VTD, amd_iommu=off, NO_PARAMETER",
    "AMDVI, iommu=off, NONE",
    "AMDVI, amd-iommu=off iommu=off, NONE",
    "AMDVI, amd_iommu=off acpi=off, NO_ACPI",
    "AMDVI, amd_iommu=on, NO_PARAMETER",
    "NOMMU, intel_iommu=on, NO_PARAMETER",
  })
  void parametersAreReadAsLinuxReadsThem(MappingMode mode, String commandLine, String expected) {
    CaptureKernel kernel = new CaptureKernel(mode, State.LOADED, commandLine);
    assertEquals(
        expected,
        kernel
            .setting()
            .map(setting -> setting.strategy().name())
            .orElseGet(() -> kernel.doubt().orElseThrow().name()));
  }

  @Test
  void behindAmdsOffForAllIommusDecidesInEveryVersion() {
    assertEquals(
        Optional.of("iommu=off"),
        new CaptureKernel(MappingMode.AMDVI, State.LOADED, "amd_iommu=off iommu=off")
            .setting()
            .map(LinuxSetting::parameter));
  }

  @ParameterizedTest
  @EnumSource(names = "LOADED", mode = EnumSource.Mode.EXCLUDE)
  void onlyOfOneThatWaitsIsItsCommandLineDoubted(State state) {
    assertEquals(Optional.empty(), new CaptureKernel(MappingMode.VTD, state, "").doubt());
  }
}
