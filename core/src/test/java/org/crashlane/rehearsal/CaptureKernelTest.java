// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.crashlane.rehearsal.CaptureKernel.State;
import org.junit.jupiter.api.Test;

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
}
