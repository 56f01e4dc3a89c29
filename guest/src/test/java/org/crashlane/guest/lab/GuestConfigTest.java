// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.crashlane.guest.lab.Devices.SecondDisk;
import org.crashlane.guest.lab.GuestConfig.Hardware;
import org.crashlane.guest.lab.iommu.IommuSetup;
import org.crashlane.guest.lab.iommu.IommuSetup.Feature;
import org.crashlane.guest.lab.iommu.IommuSetup.LinuxOption;
import org.crashlane.guest.lab.net.NetworkCard;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.KernelSpec;
import org.crashlane.guest.lab.parts.LabKernel;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuestConfigTest {
  private static final long GIB = 1L << 30;
  private static final GuestConfig VTD = GuestConfig.defaults();
  private static final GuestConfig AMD = VTD.withMapping(MappingMode.AMDVI);

  /** Whatever names it, a capture kernel that is to be blind has no driver, or sees no IOMMU. */
  @ParameterizedTest
  @CsvSource({
    "6.12, CLOUD, false",
    "6.12.118+deb13-amd64, FULL, true",
    "6.12.118+deb13-cloud-amd64, CLOUD, false",
    "linux-image-6.12.118+deb13-amd64_6.12.118-1_amd64.deb, FULL, true",
    "linux-image-6.12.118+deb13-cloud-amd64_6.12.118-1_amd64.deb, CLOUD, false",
    "./bzImage, FULL, true",
  })
  void aBlindCaptureKernelIsBlindHoweverItIsNamed(
      String named, KernelFlavour flavour, boolean hidden) {
    KernelSpec spec = KernelSpec.Reader.read(named);
    GuestConfig config =
        AMD.withKernels(usual ->
            new KernelChoice(
                usual.primary(),
                spec,
                usual.captureFlavour(),
                usual.kaslr(),
                usual.crashkernel(),
                usual.captureSystem()));
    for (Strategy strategy : List.of(Strategy.NONE, Strategy.IDENTITY)) {
      assertEquals(flavour, config.captureKernel(strategy).flavour());
      assertEquals(hidden, config.needsHiding(strategy));
    }
  }

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
  void aNetworkCardWantsTheFullKernelThatDies() {
    for (NetworkCard card : NetworkCard.values()) {
      GuestConfig config = VTD.with(TestHardware.with(card));
      assertEquals(KernelFlavour.FULL, config.kernels().primary().flavour());
      assertTrue(config.hardware().devices().drivers().containsAll(card.drivers()));
      assertThrows(
          IllegalArgumentException.class,
          () -> config.withKernels(kernels -> kernels.withPrimary(KernelFlavour.CLOUD)));
    }
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
  void aVirtioDiskIsServedByTheCloudKernelAndASasDiskByTheFullOne() {
    assertEquals(
        KernelFlavour.CLOUD,
        with(Devices.of(DiskKind.VIRTIO), IommuSetup.PLAIN).kernels().primary().flavour());
    assertEquals(
        KernelFlavour.FULL,
        with(Devices.of(DiskKind.MEGASAS), IommuSetup.PLAIN)
            .captureKernel(Strategy.NONE)
            .flavour());
  }

  @Test
  void theSecondDisksDriverIsThePrimarysAlone() {
    Devices devices = beside(DiskKind.NVME, DiskKind.MEGASAS);
    GuestConfig config = with(devices, IommuSetup.PLAIN);
    assertEquals(KernelFlavour.FULL, config.kernels().primary().flavour());
    assertEquals(Set.of("nvme", "megaraid_sas", "sd_mod"), devices.drivers());
    config.withKernels(kernels -> kernels.withCapture(KernelFlavour.CLOUD));
  }

  @Test
  void disksThatBothKernelsWouldNameAlikeAreRefused() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> beside(DiskKind.AHCI, DiskKind.MEGASAS));
    assertTrue(
        e.getMessage().startsWith("--second-disk megasas beside --disk ahci: both kernels"),
        e.getMessage());
  }

  @Test
  void whatQemusAmdIommuHasNotIsRefusedByItsOption() {
    for (Feature feature : EnumSet.complementOf(EnumSet.of(Feature.INTERRUPT_REMAPPING))) {
      IommuSetup setup = new IommuSetup(Set.of(feature), Set.of());
      with(Devices.of(DiskKind.NVME), setup);
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> AMD.with(new Hardware(GIB, 1, Devices.of(DiskKind.NVME), setup)));
      assertEquals(
          feature.option() + ": is for VT-d alone, QEMU's amd-iommu has nothing of the kind",
          e.getMessage());
    }
  }

  @Test
  void behindAnAmdIommuThereAreBridgesAndNoPorts() {
    AMD.with(hardware(Topology.BRIDGE));
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> AMD.with(hardware(Topology.ROOT_PORT)));
    assertTrue(e.getMessage().startsWith("--topology root-port: "), e.getMessage());
  }

  private static Hardware hardware(Topology topology) {
    return new Hardware(GIB, 1, new Devices(DiskKind.NVME, topology, Set.of()), IommuSetup.PLAIN);
  }

  @Test
  void inCachingModeTheGuestsOwnKernelAloneArmsWhatIsTranslated() {
    Set<Feature> caching = Set.of(Feature.CACHING_MODE);
    GuestConfig translated = with(Devices.of(DiskKind.NVME), new IommuSetup(caching, Set.of()));
    assertTrue(translated.isArmedBy(HandKind.INSIDE));
    assertFalse(translated.isArmedBy(HandKind.OUTSIDE));
    assertFalse(translated.isArmedBy(HandKind.WHEN_CRASHED));
    assertTrue(VTD.isArmedBy(HandKind.OUTSIDE));
    assertTrue(
        with(Devices.of(DiskKind.NVME), new IommuSetup(caching, Set.of(LinuxOption.PT)))
            .isArmedBy(HandKind.OUTSIDE));
  }

  @Test
  void theTextOfAGuestSaysWhatIsUnusualAndNothingElse() {
    assertEquals(
        "Hardware[memoryBytes=1073741824, cpuCount=1, disk=NVME, interruptRemapping=false]",
        VTD.hardware().toString());
    assertEquals(
        "Hardware[memoryBytes=1073741824, cpuCount=1, disk=VIRTIO, interruptRemapping=true,"
            + " topology=BRIDGE, others=[SecondDisk[kind=NVME]],"
            + " features=[CACHING_MODE, SCALABLE_MODE], options=[PT, STRICT]]",
        with(
                new Devices(
                    DiskKind.VIRTIO, Topology.BRIDGE, Set.of(new SecondDisk(DiskKind.NVME))),
                new IommuSetup(
                    Set.of(
                        Feature.INTERRUPT_REMAPPING, Feature.SCALABLE_MODE, Feature.CACHING_MODE),
                    Set.of(LinuxOption.STRICT, LinuxOption.PT)))
            .hardware()
            .toString());
  }

  private static Devices beside(DiskKind disk, DiskKind second) {
    return new Devices(disk, Topology.ROOT, Set.of(new SecondDisk(second)));
  }

  private static GuestConfig with(Devices devices, IommuSetup setup) {
    return VTD.with(new Hardware(GIB, 1, devices, setup));
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
