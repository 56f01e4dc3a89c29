// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.LabKernel;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;

class GuestConfigTest {
  private static final GuestConfig VTD = GuestConfig.defaults();
  private static final GuestConfig AMD = VTD.withMapping(MappingMode.AMDVI);

  @Test
  void withVtdBothKernelsAreTheSameAndTheIommuIsHidden() {
    for (Strategy strategy : List.of(Strategy.NONE, Strategy.IDENTITY, Strategy.ADOPT)) {
      assertEquals(KernelFlavour.CLOUD, VTD.captureKernel(strategy).flavour());
      assertEquals(strategy.blind(), VTD.needsHiding(strategy));
    }
    assertEquals(
        Set.of(LabKernel.ofHost(KernelFlavour.CLOUD)), VTD.kernels(List.of(Strategy.NONE)));
  }

  @Test
  void withAmdTheCaptureKernelThatLeavesTheIommuAloneHasNoDriver() {
    assertEquals(KernelFlavour.FULL, AMD.kernels().primary().flavour());
    assertEquals(KernelFlavour.CLOUD, AMD.captureKernel(Strategy.IDENTITY).flavour());
    assertFalse(AMD.needsHiding(Strategy.IDENTITY));
    assertEquals(KernelFlavour.FULL, AMD.captureKernel(Strategy.ADOPT).flavour());
    assertFalse(AMD.needsHiding(Strategy.ADOPT));
    assertEquals(
        Set.of(LabKernel.ofHost(KernelFlavour.CLOUD), LabKernel.ofHost(KernelFlavour.FULL)),
        AMD.kernels(List.of(Strategy.NONE)));
  }

  @Test
  void aCaptureKernelThatHasTheDriverIsKeptFromSeeingTheIommu() {
    GuestConfig full = AMD.withKernels(kernels -> kernels.withCapture(KernelFlavour.FULL));
    assertTrue(full.needsHiding(Strategy.IDENTITY));
    assertEquals(
        Set.of(LabKernel.ofHost(KernelFlavour.FULL)), full.kernels(List.of(Strategy.NONE)));
  }

  @Test
  void anAhciDiskWantsTheFullKernelOnBothSides() {
    GuestConfig ahci = AMD.with(TestHardware.of(1, DiskKind.AHCI, false));
    assertEquals(KernelFlavour.FULL, ahci.captureKernel(Strategy.NONE).flavour());
    assertTrue(ahci.needsHiding(Strategy.NONE));
    assertThrows(
        IllegalArgumentException.class,
        () -> ahci.withKernels(kernels -> kernels.withCapture(KernelFlavour.CLOUD)));
  }

  @Test
  void aScenarioOfAnotherIommuIsRefused() {
    Scenario vtd = Scenario.of(MappingMode.VTD, Strategy.NONE);
    VTD.requireIommuOf(vtd);
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> AMD.requireIommuOf(vtd));
    assertEquals("a scenario of Intel VT-d in a guest with AMD-Vi", e.getMessage());
  }

  @Test
  void aKernelWithoutTheDriverIsNoPrimary() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> AMD.withKernels(kernels -> kernels.withPrimary(KernelFlavour.CLOUD)));
    assertEquals("Debian's cloud kernel has no driver for AMD-Vi", e.getMessage());
  }

  @Test
  void aKernelWithoutTheDriverCannotAdopt() {
    GuestConfig cloud = AMD.withKernels(kernels -> kernels.withCapture(KernelFlavour.CLOUD));
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> cloud.captureKernel(Strategy.ADOPT).flavour());
    assertTrue(e.getMessage().startsWith("--strategy adopt needs a capture kernel"));
  }
}
